#include "model/filter/filter_value.h"

#include "base/ascii.h"
#include "model/plain_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace koppla::model {

namespace {

std::optional<FilterValue> relative(std::string_view word) {
    const std::string text = lower(word);
    FilterValue value{.kind = FilterValue::Kind::relative};
    std::string_view rest = text;
    constexpr std::array<std::pair<std::string_view, int>, 3> days = {
        {{"today", 0}, {"yesterday", -1}, {"tomorrow", 1}}};
    if (rest.starts_with("now")) {
        value.relative.base = RelativeMoment::Base::now;
        rest.remove_prefix(3);
    } else {
        const auto* day =
            std::ranges::find_if(days, [&](const auto& each) { return rest.starts_with(each.first); });
        if (day == days.end()) return std::nullopt;
        value.relative.amount = day->second;
        rest.remove_prefix(day->first.size());
    }
    if (rest.empty()) return value;
    // Only from today and now: "yesterday-1d" would be two ways to say one thing.
    if (value.relative.amount != 0 || (rest.front() != '+' && rest.front() != '-')) return std::nullopt;
    const bool is_before = rest.front() == '-';
    rest.remove_prefix(1);
    const auto [end, wrong] = std::from_chars(rest.data(), rest.data() + rest.size(), value.relative.amount);
    if (wrong != std::errc{} || value.relative.amount > 100'000 || value.relative.amount < 0)
        return std::nullopt;
    if (is_before) value.relative.amount = -value.relative.amount;
    using Unit = RelativeMoment::Unit;
    constexpr std::array<std::pair<std::string_view, Unit>, 6> units = {{{"min", Unit::minutes},
                                                                         {"h", Unit::hours},
                                                                         {"d", Unit::days},
                                                                         {"w", Unit::weeks},
                                                                         {"m", Unit::months},
                                                                         {"y", Unit::years}}};
    const std::string_view unit{end, static_cast<std::size_t>(rest.data() + rest.size() - end)};
    const auto* found = std::ranges::find_if(units, [&](const auto& each) { return each.first == unit; });
    if (found == units.end()) return std::nullopt;
    // A moment itself has one form, whatever it is nothing of away.
    if (value.relative.amount != 0) value.relative.unit = found->second;
    return value;
}

bool is_date(std::string_view word) {
    if (word.size() != 10 || word[4] != '-' || word[7] != '-') return false;
    return parse_instant(std::string{word} + "T00:00:00Z").has_value();
}

}  // namespace

std::optional<FilterValue> unquoted_value(std::string_view word) {
    using Kind = FilterValue::Kind;
    if (equal_without_case(word, "true") || equal_without_case(word, "false")) {
        return FilterValue{.kind = Kind::boolean, .text = lower(word)};
    }
    if (auto moment = relative(word)) return moment;
    if (is_date(word)) return FilterValue{.kind = Kind::date, .text = std::string{word}};
    if (word.size() > 10 && lower(word[10]) == 't') {
        const auto instant = parse_instant(word);
        if (!instant) return std::nullopt;
        return FilterValue{.kind = Kind::instant, .text = format_instant(*instant)};
    }
    const std::string_view digits = word.substr(word.starts_with('-') || word.starts_with('+') ? 1 : 0);
    if (digits.empty() || !is_digit(digits.front())) return std::nullopt;
    auto number = plain_number(word);
    if (!number) return std::nullopt;
    return FilterValue{.kind = Kind::number, .text = std::move(*number)};
}

bool is_field_name(std::string_view text) {
    const auto is_letter = [](char c) { return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_'; };
    bool begins = true;
    for (const char c : text) {
        if (c == '.') {
            if (begins) return false;
            begins = true;
        } else if (begins ? !is_letter(c) : !is_letter(c) && !is_digit(c)) {
            return false;
        } else {
            begins = false;
        }
    }
    return !begins && text.size() <= 300;
}

std::optional<Instant> FilterValue::instant(Instant now) const {
    if (kind == Kind::relative) return relative.at(now);
    if (kind != Kind::date && kind != Kind::instant) return std::nullopt;
    const auto moment = parse_instant(kind == Kind::date ? text + "T00:00:00Z" : text);
    return moment ? std::optional{*moment} : std::nullopt;
}

}  // namespace koppla::model
