#include "sandbox/base64.h"
#include "sandbox/dynamics/org/content/generator.h"
#include "sandbox/dynamics/org/content/row.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace koppla::sandbox::dynamics {
namespace {

void append_real(std::string& out, double value) {
    std::array<char, 32> digits{};
    const auto written =
        std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
    out.append(digits.data(), written.ptr);
}

std::int64_t power_of_ten(int exponent) {
    std::int64_t power = 1;
    for (int i = 0; i < exponent; ++i) power *= 10;
    return power;
}

/// In units of 10^-scale.
std::int64_t bound_of(double limit, int scale) {
    const auto scaled = static_cast<long double>(limit) * static_cast<long double>(power_of_ten(scale));
    constexpr long double int64_max = 9'223'372'036'854'775'807.0L;
    return scaled >= int64_max    ? 9'223'372'036'854'775'807
           : scaled <= -int64_max ? -9'223'372'036'854'775'807
                                  : static_cast<std::int64_t>(scaled);
}

/// A number between the bounds, mostly a small one.
std::int64_t between(Chance& chance, std::int64_t minimum, std::int64_t maximum, std::int64_t usual) {
    const bool is_wide = chance.one_in(40);
    const std::int64_t low = std::max(minimum, is_wide || minimum >= 0 ? minimum : -usual);
    const std::int64_t high = std::min(maximum, is_wide ? maximum : std::max(usual, low));
    const auto reach = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) +
                                     (reach == ~std::uint64_t{0} ? chance.next() : chance.below(reach + 1)));
}

}  // namespace

void Generator::fill_name(const Column& column, Row& row) {
    std::string& out = *row.out;
    switch (column.recipe) {
        case Recipe::given:
            out += row.given;
            return;
        case Recipe::family:
            out += row.family;
            return;
        case Recipe::person:
            out += full_name(row.given, row.family);
            return;
        case Recipe::firm:
            out += row.chance.pick(row.words->firms);
            if (row.chance.one_in(3)) append_digits(out += ' ', static_cast<std::int64_t>(row.n), 1);
            return;
        case Recipe::subject:
            append_words(out, row.chance, *row.words, 100);
            return;
        default:
            out += row.chance.pick(row.words->firms);
            append_digits(out += ": ", static_cast<std::int64_t>(row.n + 1), 1);
            return;
    }
}

void Generator::fill_place(const Column& column, Row& row) {
    std::string& out = *row.out;
    if (column.recipe == Recipe::latitude || column.recipe == Recipe::longitude) {
        if (!row.chance.one_in(3)) return;
        const std::int64_t reach = (column.recipe == Recipe::latitude ? 90 : 180) * std::int64_t{100'000};
        append_real(out, static_cast<double>(between(row.chance, -reach, reach, reach)) / 1e5);
        return;
    }
    const auto& parts = row.addresses.at(std::min(column.address, row.addresses.size() - 1));
    switch (column.recipe) {
        case Recipe::line1:
            out += parts.lines[0];
            return;
        case Recipe::line2:
            out += parts.lines[1];
            return;
        case Recipe::city:
            out += parts.city;
            return;
        case Recipe::state_name:
            out += parts.state;
            return;
        case Recipe::postal_code:
            out += parts.postal_code;
            return;
        case Recipe::country:
            out += parts.country;
            return;
        default:
            out += composite(parts);
            return;
    }
}

void Generator::fill_text(const Column& column, Row& row) {
    std::string& out = *row.out;
    Chance& chance = row.chance;
    const Attribute& attribute = *column.attribute;
    // Characters may be two units long.
    const auto length_max = static_cast<std::size_t>(std::max(attribute.length_max, 0)) / 2;
    switch (column.recipe) {
        case Recipe::phone:
            if (length_max >= 10 && !chance.one_in(3)) append_phone(out, chance);
            return;
        case Recipe::email:
            if (attribute.name == "emailaddress1" ? !chance.one_in(8) : chance.one_in(5))
                append_email(out, chance, row.n);
            return;
        case Recipe::url:
            if (chance.one_in(3)) append_url(out, chance, row.n);
            return;
        case Recipe::title:
            if (!chance.one_in(4)) out += chance.pick(titles());
            return;
        case Recipe::department:
            if (!chance.one_in(3)) out += chance.pick(departments());
            return;
        case Recipe::words: {
            // Wide rows are mostly empty in most orgs.
            const bool is_needed = attribute.required == Requirement::application;
            if (length_max > 0 && (is_needed || chance.one_in(4)))
                append_words(out, chance, *row.words, length_max);
            return;
        }
        case Recipe::long_text:
            if (attribute.name == "description" || chance.one_in(6))
                append_long_text(out, chance, *row.words, length_max);
            return;
        default:
            append_digits(out.append(attribute.name, 0, 3) += '-',
                          static_cast<std::int64_t>(options_.variation % 1'000), 3);
            append_digits(out += '-', static_cast<std::int64_t>(row.n), 1);
            return;
    }
}

void Generator::fill_choice(const Column& column, Row& row) {
    std::string& out = *row.out;
    Chance& chance = row.chance;
    const auto& options = column.attribute->options.options;
    switch (column.recipe) {
        case Recipe::flag:
            out += column.attribute->can_create && chance.one_in(4) ? '1' : '0';
            return;
        case Recipe::state:
            append_digits(out, row.state, 1);
            return;
        case Recipe::status: {
            std::vector<std::int64_t> fitting;
            for (const Option& option : options)
                if (option.state == row.state) fitting.push_back(option.value);
            append_digits(out, fitting.empty() ? 1 : chance.pick(fitting), 1);
            return;
        }
        case Recipe::choice: {
            const bool is_needed = column.attribute->required >= Requirement::application;
            if (!is_needed && chance.one_in(options.size() == 1 ? 2 : 4)) return;
            if (!options.empty()) append_digits(out, chance.pick(options).value, 1);
            return;
        }
        default: {
            if (options.empty() || chance.one_in(3)) return;
            const auto chosen =
                chance.next() | (std::uint64_t{1} << chance.below(std::min<std::size_t>(options.size(), 64)));
            const std::size_t from = out.size();
            for (std::size_t i = 0; i < std::min<std::size_t>(options.size(), 64); ++i) {
                if (((chosen >> i) & 1U) == 0) continue;
                if (out.size() != from) out += ',';
                append_digits(out, options[i].value, 1);
            }
            return;
        }
    }
}

void Generator::fill_number(const Column& column, Row& row) {
    std::string& out = *row.out;
    Chance& chance = row.chance;
    const auto place = static_cast<std::size_t>(&column - columns_.data());
    const Attribute& attribute = *column.attribute;
    constexpr std::int64_t nothing = std::numeric_limits<std::int64_t>::min();
    switch (column.recipe) {
        case Recipe::currency:
            if (row.currency != nullptr) out += row.currency->id;
            return;
        case Recipe::rate:
            append_digits(out, row.currency == nullptr ? 10'000'000'000 : row.currency->rate, 1);
            return;
        case Recipe::base:
            if (column.source >= row.numbers.size() || row.numbers[column.source] == nothing) return;
            append_digits(out,
                          base_amount(row.numbers[column.source],
                                      row.currency == nullptr ? 10'000'000'000 : row.currency->rate),
                          1);
            return;
        case Recipe::amount: {
            row.numbers[place] = nothing;
            if (chance.one_in(3)) return;
            // Cents; some so large that a double would lose them, and a few beyond cents.
            const auto unit = chance.one_in(50) ? 1 : 100;
            const auto number = between(chance, bound_of(attribute.minimum, attribute.scale) / unit,
                                        bound_of(attribute.maximum, attribute.scale) / unit,
                                        (std::int64_t{1} << (20 + chance.below(20))) / unit);
            row.numbers[place] = number * unit;
            append_digits(out, number * unit, 1);
            return;
        }
        case Recipe::whole:
        case Recipe::wide:
            if (!chance.one_in(3))
                append_digits(
                    out,
                    between(chance, bound_of(attribute.minimum, 0), bound_of(attribute.maximum, 0), 5'000),
                    1);
            return;
        case Recipe::scaled:
            if (!chance.one_in(4))
                append_digits(out,
                              between(chance, bound_of(attribute.minimum, attribute.scale),
                                      bound_of(attribute.maximum, attribute.scale),
                                      100 * power_of_ten(attribute.scale)),
                              1);
            return;
        default: {
            if (chance.one_in(4)) return;
            const auto unit = static_cast<double>(power_of_ten(std::clamp(attribute.precision, 0, 5)));
            const auto number = between(chance, static_cast<std::int64_t>(attribute.minimum * unit),
                                        static_cast<std::int64_t>(attribute.maximum * unit),
                                        static_cast<std::int64_t>(1'000 * unit));
            append_real(out, static_cast<double>(number) / unit);
            return;
        }
    }
}

void Generator::fill_time(const Column& column, Row& row) {
    std::string& out = *row.out;
    Chance& chance = row.chance;
    if (chance.one_in(3)) return;
    const auto days = row.created / seconds_a_day + static_cast<std::int64_t>(chance.below(500));
    switch (column.recipe) {
        case Recipe::birthday:
            append_date(out, static_cast<std::int64_t>(chance.below(23'700)) - 10'900);
            return;
        case Recipe::day:
            append_date(out, days);
            return;
        case Recipe::midnight:
            // Where the people of this org live, an hour east.
            append_second(out, days * seconds_a_day - 3'600);
            out += 'Z';
            return;
        default:
            append_second(out, row.created + static_cast<std::int64_t>(chance.below(40'000'000)));
            out += 'Z';
            return;
    }
}

void Generator::fill_other(const Column& column, Row& row) {
    std::string& out = *row.out;
    switch (column.recipe) {
        case Recipe::some_guid:
            if (!row.chance.one_in(3)) out += row_id(options_.seed, column.attribute->name, row.n);
            return;
        case Recipe::file:
            if (row.chance.one_in(8)) out += row_id(options_.seed, column.attribute->name, row.n);
            return;
        case Recipe::image: {
            if (!row.has_image) return;
            std::string bytes{"GIF89a"};
            for (std::uint64_t left = 20 + row.chance.below(200); left > 0; --left)
                bytes += static_cast<char>(row.chance.below(256));
            out += base64_encode(bytes);
            return;
        }
        default:
            append_digits(out, static_cast<std::int64_t>(row.n + 1), 1);
            return;
    }
}

}  // namespace koppla::sandbox::dynamics
