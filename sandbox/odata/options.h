#pragma once

#include "base/result.h"
#include "sandbox/odata/syntax/ast.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::odata {

/// The options of a query string, parsed. Names are case-sensitive, as on the service. Errors are in its
/// words. [Dataverse: Query data using the Web API]
struct Options {
    std::vector<std::string> select{};  ///< empty: everything
    std::optional<Condition> filter{};
    std::vector<Ordering> order{};
    std::vector<Expansion> expand{};
    std::optional<std::int64_t> top{};
    enum class Count : std::uint8_t { none, asked } count = Count::none;
    std::optional<Apply> apply{};
    std::optional<std::string> skip_token{};
    std::optional<std::string> delta_token{};
    std::vector<std::string> given{};  ///< names of the "$…" options, in order
    std::string repeated{};            ///< the query string without $skiptoken and $deltatoken, as sent

    static Result<Options> of(std::string_view query);
    [[nodiscard]] bool has(std::string_view name) const;
};

}  // namespace koppla::sandbox::odata
