#pragma once

#include "sandbox/content/chance.h"
#include "sandbox/content/words.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace koppla::sandbox {

/// Values that invented rows have, whichever vendor's; each is put behind what `out` holds.

inline constexpr std::int64_t seconds_a_day = 86'400;

/// A decimal number, with zeros in front up to `width`.
void append_digits(std::string& out, std::int64_t number, std::size_t width);
/// "2026-11-01", of days since 1970.
void append_date(std::string& out, std::int64_t days);
/// "2026-11-01T10:00:00", of seconds since 1970: the end is the vendor's.
void append_second(std::string& out, std::int64_t seconds);

/// "Main Street 12", sometimes with a second line.
void append_street(std::string& out, Chance& chance, const Vocabulary& words);
/// "+49 (123) 1234567"
void append_phone(std::string& out, Chance& chance);
/// Those of row `n` and no other row, or nearly so.
void append_email(std::string& out, Chance& chance, std::uint64_t n);
void append_url(std::string& out, Chance& chance, std::uint64_t n);
/// A phrase or something odd, of at most `length_max` characters.
void append_words(std::string& out, Chance& chance, const Vocabulary& words, std::size_t length_max);
/// Nothing, a phrase, or up to letters of several thousand characters, with line breaks.
void append_long_text(std::string& out, Chance& chance, const Vocabulary& words, std::size_t length_max);

}  // namespace koppla::sandbox
