#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::dynamics {

/// One segment of a path below the service root, decoded: "contacts(6fa1…)", "$count", "WhoAmI()".
struct Segment {
    struct Part {
        std::string name;     ///< empty: a key without names
        std::string literal;  ///< as written: "'O''Brien'", "5", "@p1"
    };
    std::string name;
    bool has_parentheses = false;
    std::vector<Part> parts{};

    [[nodiscard]] bool has_key() const { return !parts.empty(); }
    /// The literal of a named part; empty where there is none.
    [[nodiscard]] std::string_view literal(std::string_view part) const;
};

/// Takes a path apart at the slashes that stand in no quotes and no parentheses. `invalid` for quotes or
/// parentheses that don't end.
Result<std::vector<Segment>> read_resource(std::string_view path);

/// The text of a quoted literal, its doubled quotes made one; nothing for another literal.
bool is_quoted(std::string_view literal);
std::string unquoted(std::string_view literal);
/// A GUID in any case, with or without quotes, in lower case; empty for anything else.
std::string guid_of(std::string_view literal);

}  // namespace koppla::sandbox::dynamics
