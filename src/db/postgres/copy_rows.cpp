#include "db/postgres/copy_rows.h"

#include "db/naming.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <optional>

#include <fmt/format.h>

namespace koppla::db::postgres {

namespace {

using namespace std::chrono;

constexpr std::string_view head{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr sys_days epoch{year{2000} / 1 / 1};
/// A cell takes its text and at most so much more, of whatever form it is.
constexpr std::size_t overhead_bytes = 24;
constexpr std::size_t digits_max = 1000;

/// So many digits at the beginning of text, which are taken off it.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

/// "2026-11-01" at the beginning of text.
std::optional<sys_days> take_day(std::string_view& text) {
    const auto y = take_digits(text, 4);
    if (!y || !take(text, '-')) return std::nullopt;
    const auto m = take_digits(text, 2);
    if (!m || !take(text, '-')) return std::nullopt;
    const auto d = take_digits(text, 2);
    if (!d) return std::nullopt;
    const year_month_day day{year{*y}, month{static_cast<unsigned>(*m)},
                             std::chrono::day{static_cast<unsigned>(*d)}};
    if (!day.ok()) return std::nullopt;
    return sys_days{day};
}

/// "10:00:00.000" at the beginning of text, with or without fraction.
std::optional<microseconds> take_clock(std::string_view& text) {
    const auto h = take_digits(text, 2);
    if (!h || !take(text, ':')) return std::nullopt;
    const auto m = take_digits(text, 2);
    if (!m || !take(text, ':')) return std::nullopt;
    const auto s = take_digits(text, 2);
    if (!s || *h > 23 || *m > 59 || *s > 60) return std::nullopt;
    microseconds time = hours{*h} + minutes{*m} + seconds{*s};
    if (!take(text, '.')) return time;
    microseconds unit{100'000};
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), unit /= 10)
        time += (text.front() - '0') * unit;
    return time;
}

/// "Z", "+01:00" or "+0100", and nothing, which is UTC.
std::optional<minutes> take_offset(std::string_view& text) {
    if (text.empty() || take(text, 'Z')) return minutes{0};
    const bool is_behind = text.front() == '-';
    if (!take(text, '+') && !take(text, '-')) return std::nullopt;
    const auto h = take_digits(text, 2);
    take(text, ':');
    const auto m = take_digits(text, 2);
    if (!h || !m) return std::nullopt;
    const minutes offset = hours{*h} + minutes{*m};
    return is_behind ? -offset : offset;
}

bool are_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

CopyRows::CopyRows(std::span<const LoaderColumn> columns) {
    columns_.reserve(columns.size());
    for (const LoaderColumn& column : columns)
        columns_.push_back({.name = column.name, .form = form_of(column.type)});
}

CopyRows::Form CopyRows::form_of(const model::Type& type) {
    switch (type.kind) {
        case model::Kind::boolean:
            return Form::boolean;
        case model::Kind::integer:
            return Form::integer;
        case model::Kind::decimal:
            return Form::decimal;
        case model::Kind::date:
            return Form::date;
        case model::Kind::instant:
            return Form::instant;
        case model::Kind::wall_clock:
            return Form::wall_clock;
        default:
            return Form::text;
    }
}

std::string_view CopyRows::wanted(Form form) {
    switch (form) {
        case Form::boolean:
            return "true or false";
        case Form::integer:
            return "a whole number within 64 bits";
        case Form::decimal:
            return "a plain decimal number";
        case Form::date:
            return "a date";
        case Form::instant:
            return "an instant";
        case Form::wall_clock:
            return "a date and time";
        case Form::text:
            break;
    }
    return "a text without NUL";
}

void CopyRows::make_room(std::size_t bytes) {
    if (buffer_.size() - size_ < bytes) buffer_.resize(std::max(size_ + bytes, buffer_.size() * 2));
}

void CopyRows::begin() {
    make_room(head.size());
    std::memcpy(buffer_.data() + size_, head.data(), head.size());
    size_ += head.size();
}

void CopyRows::end() {
    make_room(sizeof(std::int16_t));
    put_integer(std::int16_t{-1});
}

Result<void> CopyRows::add(const model::Batch& batch, std::size_t row) {
    std::size_t bytes = sizeof(std::int16_t);
    for (std::size_t i = 0; i < columns_.size(); ++i) bytes += batch.cell(i, row).size + overhead_bytes;
    make_room(bytes);
    const std::size_t before = size_;
    put_integer(static_cast<std::int16_t>(columns_.size()));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const model::Cell& cell = batch.cell(i, row);
        if (!cell.is_text()) {
            put_integer(std::int32_t{-1});
        } else if (!put(columns_[i].form, cell.text())) {
            size_ = before;
            return refusal({.column = columns_[i].name,
                            .row = rows_ + 1,
                            .value = cell.text(),
                            .wanted = wanted(columns_[i].form)});
        }
    }
    ++rows_;
    return {};
}

template <class Integer>
void CopyRows::put_integer(Integer value) {
    auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
    for (std::size_t i = sizeof bits; i-- > 0; bits = static_cast<decltype(bits)>(bits >> 8U))
        buffer_[size_ + i] = static_cast<char>(bits & 0xFFU);
    size_ += sizeof bits;
}

template <class Integer>
void CopyRows::put_sized(Integer value) {
    put_integer(static_cast<std::int32_t>(sizeof value));
    put_integer(value);
}

bool CopyRows::put(Form form, std::string_view text) {
    switch (form) {
        case Form::text:
            put_integer(static_cast<std::int32_t>(text.size()));
            if (!text.empty()) std::memcpy(buffer_.data() + size_, text.data(), text.size());
            size_ += text.size();
            return true;
        case Form::boolean:
            if (text != "true" && text != "false") return false;
            put_sized(static_cast<std::int8_t>(text == "true"));
            return true;
        case Form::integer: {
            std::int64_t value = 0;
            const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
            if (status != std::errc{} || end != text.data() + text.size()) return false;
            put_sized(value);
            return true;
        }
        case Form::decimal:
            return put_decimal(text);
        case Form::date:
            return put_date(text);
        case Form::instant:
        case Form::wall_clock:
            return put_time(text, form);
    }
    return false;
}

bool CopyRows::put_date(std::string_view text) {
    const auto day = take_day(text);
    if (!day || !text.empty()) return false;
    put_sized(static_cast<std::int32_t>((*day - epoch).count()));
    return true;
}

/// A day alone is its midnight, as an import makes it that was asked for days.
bool CopyRows::put_time(std::string_view text, Form form) {
    const auto day = take_day(text);
    if (!day) return false;
    auto time = std::optional{microseconds{0}};
    if (take(text, 'T')) time = take_clock(text);
    if (!time) return false;
    const auto offset = form == Form::instant ? take_offset(text) : std::optional{minutes{0}};
    if (!offset || !text.empty()) return false;
    put_sized(std::int64_t{microseconds{*day - epoch + *time - *offset}.count()});
    return true;
}

/// Four decimal digits to a place, the point between two places; zeros at both ends are left out.
/// [PostgreSQL: numeric_recv]
bool CopyRows::put_decimal(std::string_view text) {
    const bool is_negative = take(text, '-');
    const auto point = text.find('.');
    std::string_view whole = text.substr(0, point);
    const std::string_view fraction =
        point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    if (whole.empty() || !are_digits(whole) || !are_digits(fraction) || text.size() > digits_max ||
        (point != std::string_view::npos && fraction.empty())) {
        return false;
    }
    whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
    const std::size_t padding = (4 - whole.size() % 4) % 4;
    const auto digit_at =
        [&](std::size_t at) {  // of the whole padded in front, then of the fraction padded behind
            if (at < padding) return 0;
            at -= padding;
            if (at < whole.size()) return whole[at] - '0';
            at -= whole.size();
            return at < fraction.size() ? fraction[at] - '0' : 0;
        };
    const std::size_t whole_places = (whole.size() + padding) / 4;
    std::array<std::int16_t, digits_max / 4 + 2> places{};
    const std::size_t count = whole_places + (fraction.size() + 3) / 4;
    for (std::size_t i = 0; i < count; ++i) {
        int place = 0;
        for (std::size_t j = 0; j < 4; ++j) place = place * 10 + digit_at(i * 4 + j);
        places.at(i) = static_cast<std::int16_t>(place);
    }
    std::size_t first = 0;
    std::size_t last = count;
    while (first < last && places.at(first) == 0) ++first;
    while (last > first && places.at(last - 1) == 0) --last;
    const bool is_zero = first == last;
    const auto weight = static_cast<int>(whole_places) - 1 - static_cast<int>(first);
    put_integer(static_cast<std::int32_t>(2 * (4 + (last - first))));
    put_integer(static_cast<std::int16_t>(last - first));
    put_integer(static_cast<std::int16_t>(is_zero ? 0 : weight));
    put_integer(static_cast<std::int16_t>(is_negative && !is_zero ? 0x4000 : 0));
    put_integer(static_cast<std::int16_t>(fraction.size()));
    for (std::size_t i = first; i < last; ++i) put_integer(places.at(i));
    return true;
}

}  // namespace koppla::db::postgres
