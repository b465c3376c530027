#include "model/treatment.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla::model {

namespace {

constexpr std::array<std::string_view, 7> names = {
    "default", "date-only", "without-time-offset", "copy-paste", "trim", "hash", "mask"};

constexpr std::size_t date_size = std::string_view{"2026-11-01"}.size();
constexpr std::size_t clock_size = std::string_view{"2026-11-01T10:00:00"}.size();

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n\v\f";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

/// "2026-11-01T10:00:00.000" of "2026-11-01T10:00:00.000+0000"; another text as it is.
std::string_view without_offset(std::string_view text) {
    if (text.size() < clock_size || text[date_size] != 'T') return text;
    return text.substr(0, std::min(text.find_first_of("Z+-", clock_size), text.size()));
}

std::string masked(std::string_view text) {
    const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    std::size_t first = 1;
    while (first < text.size() && is_continuation(text[first])) ++first;
    return fmt::format("{}***", text.substr(0, first));
}

void treat(Batch& batch, std::size_t column, std::size_t row, Treatment treatment, const KeyedHash& hash) {
    Cell& cell = batch.cell(column, row);
    const std::string_view text = cell.text();
    const auto cut = [&](std::string_view part) { cell = part.empty() ? Cell::null() : Cell::of(part); };
    switch (treatment) {
        case Treatment::date_only:
            return cut(text.substr(0, date_size));
        case Treatment::without_time_offset:
            return cut(without_offset(text));
        case Treatment::trim:
            return cut(trimmed(text));
        case Treatment::hash: {
            const auto digits = hash(text);
            return batch.replace(column, row, {digits.data(), digits.size()});
        }
        case Treatment::mask:
            return batch.replace(column, row, masked(text));
        case Treatment::standard:
        case Treatment::copy:
            break;
    }
}

}  // namespace

std::string_view name(Treatment treatment) {
    return names.at(static_cast<std::size_t>(treatment));
}

bool hides(Treatment treatment) {
    return treatment == Treatment::hash || treatment == Treatment::mask;
}

Result<Treatment> treatment_named(std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found != names.end()) return static_cast<Treatment>(std::distance(names.begin(), found));
    return error(ErrorKind::invalid,
                 fmt::format("there is no conversion '{}'; there are: {}", name, fmt::join(names, ", ")));
}

Result<void> check_treatment(const FieldSchema& field, Treatment treatment) {
    const Kind kind = field.type.kind;
    const bool is_text = is_stored_alike(field.type, {.kind = Kind::text});
    const bool is_timed =
        kind == Kind::instant || kind == Kind::date || kind == Kind::time || kind == Kind::wall_clock;
    bool fits = true;
    std::string_view wanted = "texts";
    switch (treatment) {
        case Treatment::standard:
            break;
        case Treatment::date_only:
        case Treatment::without_time_offset:
            fits = kind == Kind::instant;
            wanted = "instants";
            break;
        case Treatment::copy:
            fits = is_text || is_timed;
            wanted = "texts, dates and instants";
            break;
        case Treatment::trim:
        case Treatment::hash:
        case Treatment::mask:
            fits = is_text;
            break;
    }
    if (fits) return {};
    return error(ErrorKind::invalid, fmt::format("{} is a field of kind {}, and the conversion {} is for {}",
                                                 field.name, name(kind), name(treatment), wanted));
}

Type converted_type(const Type& type, Treatment treatment) {
    const bool is_as_sent = treatment == Treatment::copy || treatment == Treatment::without_time_offset;
    return is_as_sent ? Type{.kind = Kind::text} : type;
}

void treat(Batch& batch, std::vector<RejectedRow>& rejected, std::span<const Treatment> treatments,
           const KeyedHash& hash) {
    for (std::size_t column = 0; column < treatments.size(); ++column) {
        if (treatments[column] == Treatment::standard) continue;
        for (std::size_t row = 0; row < batch.row_count(); ++row) {
            if (batch.cell(column, row).is_text()) treat(batch, column, row, treatments[column], hash);
        }
    }
    if (std::ranges::none_of(treatments, hides)) return;
    for (RejectedRow& row : rejected) {
        row.raw.clear();
        if (row.column < treatments.size() && hides(treatments[row.column]))
            row.message = "its value is no text that can be kept; it is hidden here as in the table";
    }
}

}  // namespace koppla::model
