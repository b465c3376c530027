#pragma once

#include "base/result.h"
#include "sandbox/dynamics/ask.h"
#include "sandbox/odata/syntax/ast.h"
#include "sandbox/web/json.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koppla::sandbox::dynamics {

/// What a request wants of metadata objects: $select, $filter and $expand with the same inside.
struct Shape {
    std::vector<std::string> select{};
    std::optional<odata::Condition> filter{};
    std::vector<std::pair<std::string, Shape>> expand{};

    /// Of the request's options. 0x80060888 for other options, which metadata doesn't know.
    static Result<Shape> of(const Ask& ask);
    /// Of the options of an expansion: "$select=a;$filter=b".
    static Result<Shape> of_options(std::string_view options);
    [[nodiscard]] const Shape* expansion(std::string_view name) const;
};

/// Whether an object fits a condition; a property that it doesn't have is an error.
Result<bool> fits(const odata::Condition& condition, const Json& object, std::string_view type);

/// The object with the properties that are selected; MetadataId and the type are kept. `is_selectable` tells
/// those that the type declares.
Result<Json> shaped(const Json& object, const Shape& shape, std::string_view type,
                    const std::function<bool(std::string_view)>& is_selectable);

}  // namespace koppla::sandbox::dynamics
