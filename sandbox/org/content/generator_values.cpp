#include "sandbox/base64.h"
#include "sandbox/org/content/generator.h"
#include "sandbox/org/content/row.h"
#include "sandbox/org/value.h"

#include <algorithm>

namespace koppla::sandbox {

namespace {

/// In bytes; some records have none.
std::size_t content_size(std::uint64_t n) {
    return n % 8 == 0 ? 0 : 3 * (1 + mixed(n) % 200);
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
            out.append(row.given).append(" ").append(row.family);
            return;
        case Recipe::salutation:
            if (!row.one_in(3) && !column.field->picklist.empty())
                out += row.pick(column.field->picklist).value;
            return;
        case Recipe::firm:
            out += row.pick(row.words->firms);
            if (row.one_in(3)) append_digits(out += ' ', static_cast<std::int64_t>(row.n), 1);
            return;
        case Recipe::deal:
            out += row.pick(row.words->firms);
            append_digits(out += ": ", static_cast<std::int64_t>(row.n + 1), 1);
            return;
        default:
            return;
    }
}

void Generator::fill_place(const Column& column, Row& row) {
    std::string& out = *row.out;
    switch (column.recipe) {
        case Recipe::street:
            if (!row.has_address) return;
            append_street(out, row.chance, *row.words);
            return;
        case Recipe::city:
            if (row.has_address) out += row.pick(row.words->cities);
            return;
        case Recipe::state:
            if (row.has_address && !row.one_in(3)) out += row.words->state;
            return;
        case Recipe::country:
            if (row.has_address) out += row.words->country;
            return;
        case Recipe::postal_code:
            if (row.has_address) append_digits(out, static_cast<std::int64_t>(row.below(100'000)), 5);
            return;
        case Recipe::latitude:
        case Recipe::longitude: {
            if (!row.has_address || row.stage % 3 != 0) return;
            const std::int64_t reach = column.recipe == Recipe::latitude ? 89 : 179;
            const auto degrees =
                static_cast<std::int64_t>(row.below(static_cast<std::uint64_t>(2 * reach))) - reach;
            append_digits(out, degrees, 1);
            append_digits(out += '.', static_cast<std::int64_t>(row.below(1'000'000)), 6);
            return;
        }
        default:
            return;
    }
}

void Generator::fill_reach(const Column& column, Row& row) {
    std::string& out = *row.out;
    switch (column.recipe) {
        case Recipe::phone:
            if (row.one_in(3)) return;
            append_phone(out, row.chance);
            return;
        case Recipe::email:
            if (!column.field->is_required() && row.one_in(8)) return;
            append_email(out, row.chance, row.n);
            return;
        case Recipe::username:
            out += row.pick(ascii_names());
            append_digits(out += '.', static_cast<std::int64_t>(row.n), 1);
            out += "@koppla.example";
            return;
        case Recipe::alias:
            append_digits(out += 'u', static_cast<std::int64_t>(row.n % 10'000'000), 1);
            return;
        case Recipe::url:
            if (row.one_in(3)) return;
            append_url(out, row.chance, row.n);
            return;
        case Recipe::title:
            if (!row.one_in(4)) out += row.pick(titles());
            return;
        default:
            if (!row.one_in(3)) out += row.pick(departments());
            return;
    }
}

void Generator::fill_text(const Column& column, Row& row) {
    std::string& out = *row.out;
    const Field& field = *column.field;
    switch (column.recipe) {
        case Recipe::words:
            if (field.nillable && row.one_in(4)) return;
            append_words(out, row.chance, *row.words, static_cast<std::size_t>(field.length));
            return;
        case Recipe::long_text:
            append_long_text(out, row.chance, *row.words, static_cast<std::size_t>(field.length));
            return;
        case Recipe::secret:
            // What a user without "View Encrypted Data" is shown.
            if (row.one_in(3)) return;
            out += "********";
            append_digits(out, static_cast<std::int64_t>(row.below(10'000)), 4);
            return;
        case Recipe::content: {
            std::string bytes;
            for (std::size_t left = content_size(row.n); left > 0; --left)
                bytes += static_cast<char>(row.below(256));
            out += base64_encode(bytes);
            return;
        }
        case Recipe::key:
            if (field.length < 8) return;
            append_digits(out.append(object_.key_prefix()) += '-',
                          static_cast<std::int64_t>(options_.first_number % 1000), 3);
            append_digits(out += '-', static_cast<std::int64_t>(row.n), 1);
            return;
        default:
            return;
    }
}

void Generator::fill_choice(Column& column, Row& row) {
    std::string& out = *row.out;
    const Field& field = *column.field;
    const bool is_null = field.nillable && row.one_in(4);
    const auto& picklist = field.picklist;
    const std::string_view stage = stage_of(row);
    switch (column.recipe) {
        case Recipe::picklist:
            column.picked = none;
            if (!is_null) pick(column, row);
            return;
        case Recipe::multipicklist: {
            if (is_null) return;
            const std::uint64_t chosen = row.next() | (std::uint64_t{1} << row.below(picklist.size()));
            const std::size_t from = out.size();
            for (std::size_t i = 0; i < std::min<std::size_t>(picklist.size(), 64); ++i) {
                if (((chosen >> i) & 1U) == 0 || !row.allows(field, picklist[i])) continue;
                if (out.size() != from) out += ';';
                out += picklist[i].value;
            }
            return;
        }
        case Recipe::flag:
            out += row.one_in(4) ? "true" : "false";
            return;
        case Recipe::won:
            out += stage == "Closed Won" ? "true" : "false";
            return;
        case Recipe::closed:
            out += stage.starts_with("Closed") ? "true" : "false";
            return;
        case Recipe::stage:
            out += stage;
            return;
        default:
            return;
    }
}

/// One of the values that the record type allows; of a dependent picklist, one that its controller's value
/// allows too, or none.
void Generator::pick(Column& column, Row& row) {
    const auto& values = column.field->picklist;
    const auto fits = [&](const PicklistValue& value) {
        const bool is_dependent = column.controller != none;
        return (!is_dependent || value.is_valid_for(columns_[column.controller].picked)) &&
               row.allows(*column.field, value);
    };
    std::size_t place = row.below(values.size());
    for (std::size_t tried = 1; !fits(values[place]); ++tried, place = (place + 1) % values.size())
        if (tried == values.size()) return;
    column.picked = place;
    *row.out += values[place].value;
}

void Generator::fill_measure(const Column& column, Row& row) {
    std::string& out = *row.out;
    const Field& field = *column.field;
    const bool is_null = field.nillable && row.one_in(4);
    switch (column.recipe) {
        case Recipe::whole:
            if (!is_null)
                append_digits(out, static_cast<std::int64_t>(row.below(row.one_in(20) ? 99'999'999 : 5'000)),
                              1);
            return;
        case Recipe::content_size:
            append_digits(out, static_cast<std::int64_t>(content_size(row.n)), 1);
            return;
        case Recipe::real:
            if (!is_null) real(field, row);
            return;
        case Recipe::probability:
            append_digits(out,
                          stage_of(row) == "Closed Won"    ? 100
                          : stage_of(row) == "Closed Lost" ? 0
                                                           : static_cast<std::int64_t>(row.stage % 10) * 10,
                          1);
            return;
        case Recipe::birthdate:
            if (!is_null) append_date(out, static_cast<std::int64_t>(row.below(23'700)) - 10'900);
            return;
        case Recipe::date:
            if (!is_null)
                append_date(out, row.created / seconds_a_day + static_cast<std::int64_t>(row.below(500)));
            return;
        case Recipe::datetime:
            if (!is_null)
                append_datetime(out, row.created + static_cast<std::int64_t>(row.below(40'000'000)));
            return;
        case Recipe::time:
            if (is_null) return;
            append_digits(out, static_cast<std::int64_t>(row.below(24)), 2);
            append_digits(out += ':', static_cast<std::int64_t>(row.below(60)), 2);
            out += ":00.000Z";
            return;
        default:
            return;
    }
}

std::string_view Generator::stage_of(const Row& row) const {
    return stages_ == nullptr ? std::string_view{}
                              : stages_->picklist[row.stage % stages_->picklist.size()].value;
}

void Generator::real(const Field& field, Row& row) {
    std::string& out = *row.out;
    const int whole_digits = field.precision - field.scale;
    if (field.precision >= 18 && row.one_in(30)) {
        // As wide as the type: digits that a double just holds, and some it rounds.
        append_digits(out, static_cast<std::int64_t>(row.below(10'000'000'000'000)), 1);
    } else {
        std::int64_t bound = 1;
        for (int digit = 0; digit < std::clamp(whole_digits, 1, 6); ++digit) bound *= 10;
        if (row.one_in(12)) out += '-';
        append_digits(out, static_cast<std::int64_t>(row.below(static_cast<std::uint64_t>(bound))), 1);
    }
    if (field.scale == 0) return;
    const int digits = std::min(field.scale, 4);
    std::uint64_t bound = 1;
    for (int digit = 0; digit < digits; ++digit) bound *= 10;
    append_digits(out += '.', static_cast<std::int64_t>(row.below(bound)), static_cast<std::size_t>(digits));
}

}  // namespace koppla::sandbox
