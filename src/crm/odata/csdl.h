#pragma once

#include "base/result.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koppla::odata {

/// A service's `$metadata` as far as reading needs it. Type names are whole, "Namespace.Name".
/// [OData CSDL 4.0]
struct Csdl {
    struct Property {
        std::string name, type;  ///< "Edm.String", "Shop.Colour", "Collection(Edm.String)"
        std::string label{};
        bool is_nullable = true;
        bool is_computed = false;
        int length = 0;
        std::optional<int> precision{}, scale{};
    };
    struct EntityType {
        std::string base{};
        std::vector<std::string> key{};
        std::vector<Property> properties{};
        /// Properties, and the types that they point to; one may point to several.
        std::vector<std::pair<std::string, std::string>> references{};
    };
    struct EnumType {
        bool has_flags = false;
        std::vector<std::string> members{};
    };
    struct EntitySet {
        std::string name, type;
        std::string label{};
        bool has_feed = false;
    };

    std::map<std::string, EntityType> types;
    std::map<std::string, EnumType> enums;
    std::map<std::string, std::string> definitions;  ///< names of primitive types
    std::vector<EntitySet> sets;

    /// `corrupt` where it is no CSDL, `unsupported` where it is of a version before 4.
    static Result<Csdl> of(std::string_view xml);

    [[nodiscard]] const EntitySet* find_set(std::string_view name) const;
    /// The type with its bases, the first of them first; empty where one is missing, or they lead in a
    /// circle.
    [[nodiscard]] std::vector<const EntityType*> line_of(const std::string& type) const;
};

}  // namespace koppla::odata
