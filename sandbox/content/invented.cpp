#include "sandbox/content/invented.h"

#include "sandbox/value.h"

#include <array>
#include <charconv>

namespace koppla::sandbox {

void append_digits(std::string& out, std::int64_t number, std::size_t width) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    const auto length = static_cast<std::size_t>(end - digits.data());
    if (length < width) out.append(width - length, '0');
    out.append(digits.data(), length);
}

/// Days since 1970 to "2026-11-01". [Howard Hinnant, chrono-compatible low-level date algorithms]
void append_date(std::string& out, std::int64_t days) {
    const std::int64_t z = days + 719'468;
    const std::int64_t era = z / 146'097;
    const std::int64_t doe = z - era * 146'097;
    const std::int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
    const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const std::int64_t mp = (5 * doy + 2) / 153;
    const std::int64_t month = mp < 10 ? mp + 3 : mp - 9;
    append_digits(out, yoe + era * 400 + (month <= 2 ? 1 : 0), 4);
    out += '-';
    append_digits(out, month, 2);
    out += '-';
    append_digits(out, doy - (153 * mp + 2) / 5 + 1, 2);
}

void append_second(std::string& out, std::int64_t seconds) {
    append_date(out, seconds / seconds_a_day);
    const std::int64_t rest = seconds % seconds_a_day;
    out += 'T';
    append_digits(out, rest / 3600, 2);
    out += ':';
    append_digits(out, rest / 60 % 60, 2);
    out += ':';
    append_digits(out, rest % 60, 2);
}

void append_street(std::string& out, Chance& chance, const Vocabulary& words) {
    out += chance.pick(words.streets);
    append_digits(out += ' ', static_cast<std::int64_t>(1 + chance.below(240)), 1);
    if (chance.one_in(6)) append_digits(out += "\r\nFloor ", static_cast<std::int64_t>(chance.below(30)), 1);
}

void append_phone(std::string& out, Chance& chance) {
    append_digits(out += '+', static_cast<std::int64_t>(1 + chance.below(98)), 1);
    append_digits(out += " (", static_cast<std::int64_t>(100 + chance.below(900)), 3);
    append_digits(out += ") ", static_cast<std::int64_t>(chance.below(10'000'000)), 7);
}

void append_email(std::string& out, Chance& chance, std::uint64_t n) {
    out += chance.pick(ascii_names());
    append_digits(out += '.', static_cast<std::int64_t>(n), 1);
    out += chance.one_in(2) ? "@example.com" : "@mail.example.org";
}

void append_url(std::string& out, Chance& chance, std::uint64_t n) {
    append_digits(out.append("https://www.").append(chance.pick(ascii_names())), static_cast<std::int64_t>(n),
                  1);
    out += chance.one_in(4) ? ".example.com/über?a=1&b=%20" : ".example.com/";
}

void append_words(std::string& out, Chance& chance, const Vocabulary& words, std::size_t length_max) {
    const std::string_view word = chance.one_in(5) ? chance.pick(oddities()) : chance.pick(words.phrases);
    if (character_count(word) <= length_max) {
        out += word;
    } else {
        append_digits(out, static_cast<std::int64_t>(chance.below(10)), 1);
    }
}

void append_long_text(std::string& out, Chance& chance, const Vocabulary& words, std::size_t length_max) {
    const std::uint64_t luck = chance.below(1000);
    if (luck < 400) return;
    // Most texts are a phrase or two; some are letters of a page, a few of several thousand characters.
    const std::uint64_t lines = luck < 900 ? 1 : luck < 990 ? 2 + chance.below(6) : 60 + chance.below(120);
    auto left = length_max;
    for (std::uint64_t line = 0; line < lines; ++line) {
        const std::string_view phrase = chance.pick(words.phrases);
        if (phrase.size() + 40 > left) return;
        left -= phrase.size() + 40;
        if (line != 0) out += chance.one_in(3) ? "\n" : "\r\n";
        out += phrase;
        if (chance.one_in(4)) (out += ' ').append(chance.pick(oddities()));
    }
}

}  // namespace koppla::sandbox
