#pragma once

#include "base/result.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::dynamics {

/// What a CSDL document declares of entity types and sets, as it is written. [OASIS: OData CSDL XML 4.0]
struct Csdl {
    struct Property {
        std::string name;
        std::string type;
    };
    /// A navigation property; `property` is the one that its constraint names, or empty.
    struct Way {
        std::string name;
        std::string type;
        std::string partner;
        std::string property{};
    };
    struct Type {
        std::string name;
        std::string base;
        std::vector<std::string> keys{};
        std::vector<Property> properties{};
        std::vector<Way> ways{};
        std::vector<std::vector<std::string>> alternate_keys{};
    };
    struct Set {
        std::string name;
        std::string type;  ///< without its namespace
    };
    std::vector<Type> types;
    std::vector<Set> sets;
    std::map<std::string, std::size_t> by_name;  ///< of types
};

/// `corrupt` for text that is no XML.
Result<Csdl> read_csdl(std::string_view xml);

}  // namespace koppla::sandbox::dynamics
