#include "model/type.h"

#include <array>

namespace koppla::model {

namespace {
constexpr std::array<std::string_view, 12> names = {"text",       "boolean",   "integer",     "decimal",
                                                    "date",       "instant",   "time",        "wall_clock",
                                                    "identifier", "reference", "enumeration", "enumerations"};
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

bool is_stored_alike(const Type& one, const Type& other) {
    const auto is_text = [](Kind kind) {
        return kind == Kind::text || kind == Kind::identifier || kind == Kind::reference ||
               kind == Kind::enumeration || kind == Kind::enumerations;
    };
    if (is_text(one.kind) || is_text(other.kind)) return is_text(one.kind) && is_text(other.kind);
    return one.kind == other.kind && one.is_exact_text() == other.is_exact_text();
}

}  // namespace koppla::model
