#include "model/type.h"

#include <array>

namespace koppla::model {

namespace {
constexpr std::array<std::string_view, 11> names = {"text",      "boolean",     "integer",     "decimal",
                                                    "date",      "instant",     "time",        "identifier",
                                                    "reference", "enumeration", "enumerations"};
}

std::string_view name(Kind kind) {
    return names[static_cast<std::size_t>(kind)];
}

Kind kind_named(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == name) return static_cast<Kind>(i);
    }
    return Kind::text;
}

}  // namespace koppla::model
