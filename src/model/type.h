#pragma once

#include <cstdint>
#include <string_view>

namespace koppla::model {

/// What a field holds, whatever CRM or store it lies in. Dates, instants and wall-clock times are apart.
enum class Kind : std::uint8_t {
    text,
    boolean,     ///< "true" or "false"
    integer,     ///< within 64 bits
    decimal,     ///< plain digits, no exponent
    date,        ///< "2026-11-01", no zone
    instant,     ///< "2026-11-01T10:00:00.000Z", UTC
    time,        ///< "13:00:00.000Z" as the CRM's clock on the wall
    wall_clock,  ///< "2026-11-01T10:00:00.000", what a clock on some wall shows: no zone, no instant
    identifier,
    reference,     ///< the identifier of a record of another object
    enumeration,   ///< one code of a list
    enumerations,  ///< several codes, ';' between them, in the CRM's order
};

std::string_view name(Kind kind);
/// The kind of that name; text where there is none.
Kind kind_named(std::string_view name);

/// A kind with its measures; 0 where the kind has none or none is known.
struct Type {
    Kind kind = Kind::text;
    int length = 0;     ///< characters
    int precision = 0;  ///< decimal digits in all
    int scale = 0;      ///< of which behind the point
    bool operator==(const Type&) const = default;

    /// Decimals beyond 15 digits are kept as text: a double would round them.
    [[nodiscard]] bool is_exact_text() const { return kind == Kind::decimal && precision > 15; }
};

/// Whether a column of the one holds values of the other, unchanged.
[[nodiscard]] bool is_stored_alike(const Type& one, const Type& other);

}  // namespace koppla::model
