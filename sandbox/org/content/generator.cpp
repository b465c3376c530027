#include "sandbox/org/content/generator.h"

#include "sandbox/org/identifier.h"
#include "sandbox/org/state.h"
#include "sandbox/org/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace koppla::sandbox {

namespace {

constexpr std::int64_t seconds_a_day = 86'400;
constexpr std::int64_t first_second = 1'420'416'000;   ///< 2015-01-05
constexpr std::int64_t last_creation = 1'751'241'600;  ///< 2025-06-30
constexpr std::int64_t last_second = 1'767'139'200;    ///< 2025-12-31
constexpr std::uint64_t group_rows = 400;  ///< of which the first were loaded at one stroke, on one stamp
constexpr std::uint64_t loaded_rows = 250;

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

void append_datetime(std::string& out, std::int64_t seconds) {
    append_date(out, seconds / seconds_a_day);
    const std::int64_t rest = seconds % seconds_a_day;
    out += 'T';
    append_digits(out, rest / 3600, 2);
    out += ':';
    append_digits(out, rest / 60 % 60, 2);
    out += ':';
    append_digits(out, rest % 60, 2);
    out += ".000Z";
}

}  // namespace

std::uint64_t mixed(std::uint64_t number) {
    number += 0x9E3779B97F4A7C15U;
    number = (number ^ (number >> 30U)) * 0xBF58476D1CE4E5B9U;
    number = (number ^ (number >> 27U)) * 0x94D049BB133111EBU;
    return number ^ (number >> 31U);
}

std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 14'695'981'039'346'656'037U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    return hash;
}

/// What the cells of one row have in common, and its own source of chance.
struct Generator::Row {
    std::uint64_t n;
    std::uint64_t chance;
    const Vocabulary* words;
    std::string_view given;
    std::string_view family;
    std::int64_t created;
    std::int64_t stamp;
    bool has_address;
    bool has_split_stamps;
    std::size_t stage;
    std::string* out;

    std::uint64_t next() {
        chance += 0x9E3779B97F4A7C15U;
        return mixed(chance);
    }
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    bool one_in(std::uint64_t count) { return below(count) == 0; }
    template <class Words>
    const auto& pick(const Words& from) {
        return from[below(from.size())];
    }
};

Generator::Generator(const Catalog& catalog, const Object& object, GeneratorOptions options)
    : object_{object},
      options_{std::move(options)},
      fields_{stored_fields(object)},
      object_seed_{mixed(options_.seed) ^ hash_of(object.name())} {
    for (const Field* field : fields_) {
        const Object* target = field->is_reference() ? catalog.target_of(*field) : nullptr;
        const auto links = target == nullptr ? options_.links.end() : options_.links.find(target->name());
        const bool has_links =
            links != options_.links.end() && (links->second.count != 0 || !links->second.ids.empty());
        columns_.push_back(Column{.field = field,
                                  .recipe = recipe_of(*field, target),
                                  .target = target,
                                  .links = has_links ? &links->second : nullptr});
    }
    const Field* stages = object.find("StageName");
    if (stages != nullptr && !stages->picklist.empty()) stages_ = stages;
    text_.reserve(std::size_t{1} << 16U);
}

Generator::~Generator() = default;

Generator::Recipe Generator::recipe_of(const Field& field, const Object* target) const {
    static constexpr std::array<std::pair<std::string_view, Recipe>, 26> named{
        {{"Id", Recipe::id},
         {"CreatedDate", Recipe::created},
         {"LastModifiedDate", Recipe::modified},
         {"SystemModstamp", Recipe::stamp},
         {"CreatedById", Recipe::user},
         {"LastModifiedById", Recipe::user},
         {"OwnerId", Recipe::owner},
         {"FirstName", Recipe::given},
         {"LastName", Recipe::family},
         {"Salutation", Recipe::salutation},
         {"Company", Recipe::firm},
         {"CompanyName", Recipe::firm},
         {"Username", Recipe::username},
         {"Alias", Recipe::alias},
         {"Title", Recipe::title},
         {"Department", Recipe::department},
         {"IsWon", Recipe::won},
         {"IsClosed", Recipe::closed},
         {"StageName", Recipe::stage},
         {"Birthdate", Recipe::birthdate},
         {"Probability", Recipe::probability},
         {"MasterRecordId", Recipe::nothing},
         {"IsDeleted", Recipe::nothing},
         {"IsConverted", Recipe::nothing},
         {"ConvertedDate", Recipe::nothing},
         {"EmailBouncedDate", Recipe::nothing}}};
    for (const auto& [name, recipe] : named) {
        if (field.name == name) return recipe;
    }
    if (field.name == "Name" && object_.has("LastName") && object_.has("FirstName")) return Recipe::person;
    if (field.name == "Name") return object_.name() == "Account" ? Recipe::firm : Recipe::deal;
    if (!field.compound_name.empty()) {
        static constexpr std::array<std::pair<std::string_view, Recipe>, 8> parts{
            {{"Street", Recipe::street},
             {"City", Recipe::city},
             {"State", Recipe::state},
             {"PostalCode", Recipe::postal_code},
             {"Country", Recipe::country},
             {"Latitude", Recipe::latitude},
             {"Longitude", Recipe::longitude},
             {"GeocodeAccuracy", Recipe::picklist}}};
        const std::string_view name = field.name;
        for (const auto& [part, recipe] : parts) {
            if (name.ends_with(part) || (name.ends_with("__s") && name.find(part) != std::string_view::npos))
                return recipe;
        }
    }
    if (field.auto_number) return Recipe::number;
    if (field.is_reference()) {
        if (!field.createable || target == nullptr) return Recipe::nothing;
        return target == &object_ || target->name() == object_.name() ? Recipe::earlier : Recipe::link;
    }
    if (field.storage == Storage::boolean) return field.createable ? Recipe::flag : Recipe::nothing;
    if (field.storage == Storage::date) return Recipe::date;
    if (field.storage == Storage::datetime) return Recipe::datetime;
    if (!field.picklist.empty())
        return field.type == "multipicklist" ? Recipe::multipicklist : Recipe::picklist;
    if (field.storage == Storage::real) return Recipe::real;
    if (field.storage == Storage::integer) return field.createable ? Recipe::whole : Recipe::nothing;
    if (!field.createable || field.length <= 0) return field.type == "time" ? Recipe::time : Recipe::nothing;
    if (field.unique || field.external_id) return Recipe::key;
    if (field.type == "phone") return Recipe::phone;
    if (field.type == "email") return Recipe::email;
    if (field.type == "url") return Recipe::url;
    if (field.type == "textarea" && field.length > 255) return Recipe::long_text;
    return field.type == "string" || field.type == "textarea" ? Recipe::words : Recipe::nothing;
}

std::span<const model::Cell> Generator::row(std::uint64_t n) {
    Row row{.n = n,
            .chance = object_seed_ ^ mixed(n),
            .words = nullptr,
            .given = {},
            .family = {},
            .created = 0,
            .stamp = 0,
            .has_address = true,
            .has_split_stamps = false,
            .stage = 0,
            .out = &text_};
    row.words = &vocabularies()[row.one_in(2) ? row.below(2) : row.below(vocabularies().size())];
    row.given = row.pick(row.words->given);
    row.family = row.pick(row.words->family);
    row.has_address = !row.one_in(7);
    row.stage = row.below(1000);
    const std::uint64_t group = n / group_rows;
    const bool is_loaded = n % group_rows < loaded_rows;
    const std::uint64_t made = std::min(is_loaded ? group * group_rows : n, options_.total);
    const auto span = static_cast<std::uint64_t>(last_creation - first_second);
    row.created =
        first_second + static_cast<std::int64_t>(span * made / std::max<std::uint64_t>(options_.total, 1));
    const std::uint64_t luck = is_loaded ? mixed(object_seed_ ^ (group + 1)) : row.next();
    row.stamp =
        row.created + static_cast<std::int64_t>(luck % static_cast<std::uint64_t>(last_second - row.created));
    row.has_split_stamps = row.one_in(10);

    text_.clear();
    cells_.clear();
    for (const Column& column : columns_) {
        const std::size_t from = text_.size();
        fill(column, row);
        model::Cell cell = text_.size() == from ? model::Cell::null() : model::Cell{};
        if (text_.size() != from) {
            cell.state = model::Cell::State::text;
            cell.size = static_cast<std::uint32_t>(text_.size() - from);
        }
        cells_.push_back(cell);
    }
    // The text may have moved while it grew.
    const char* at = text_.data();
    for (model::Cell& cell : cells_) {
        cell.data = at;
        at += cell.size;
    }
    return cells_;
}

void Generator::fill(const Column& column, Row& row) {
    switch (column.recipe) {
        case Recipe::nothing:
            if (column.field->storage == Storage::boolean) *row.out += "false";
            return;
        case Recipe::id:
            *row.out += make_id(object_.key_prefix(), options_.first_number + row.n);
            return;
        case Recipe::created:
            append_datetime(*row.out, row.created);
            return;
        case Recipe::stamp:
            append_datetime(*row.out, row.stamp);
            return;
        case Recipe::modified:
            append_datetime(*row.out, row.has_split_stamps ? row.created : row.stamp);
            return;
        case Recipe::number:
            append_digits(*row.out, static_cast<std::int64_t>(row.n + 1), 8);
            return;
        case Recipe::user:
        case Recipe::owner:
        case Recipe::link:
        case Recipe::earlier:
            fill_link(column, row);
            return;
        default:
            break;
    }
    // The recipes stand in groups.
    if (column.recipe <= Recipe::deal) {
        fill_name(column, row);
    } else if (column.recipe <= Recipe::longitude) {
        fill_place(column, row);
    } else if (column.recipe <= Recipe::department) {
        fill_reach(column, row);
    } else if (column.recipe <= Recipe::key) {
        fill_text(column, row);
    } else if (column.recipe <= Recipe::stage) {
        fill_choice(column, row);
    } else {
        fill_measure(column, row);
    }
}

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
            out += row.pick(row.words->streets);
            append_digits(out += ' ', static_cast<std::int64_t>(1 + row.below(240)), 1);
            if (row.one_in(6))
                append_digits(out += "\r\nFloor ", static_cast<std::int64_t>(row.below(30)), 1);
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
            append_digits(out += '+', static_cast<std::int64_t>(1 + row.below(98)), 1);
            append_digits(out += " (", static_cast<std::int64_t>(100 + row.below(900)), 3);
            append_digits(out += ") ", static_cast<std::int64_t>(row.below(10'000'000)), 7);
            return;
        case Recipe::email:
            if (!column.field->is_required() && row.one_in(8)) return;
            out += row.pick(ascii_names());
            append_digits(out += '.', static_cast<std::int64_t>(row.n), 1);
            out += row.one_in(2) ? "@example.com" : "@mail.example.org";
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
            append_digits(out.append("https://www.").append(row.pick(ascii_names())),
                          static_cast<std::int64_t>(row.n), 1);
            out += row.one_in(4) ? ".example.com/über?a=1&b=%20" : ".example.com/";
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
        case Recipe::words: {
            if (field.nillable && row.one_in(4)) return;
            const std::string_view word = row.one_in(5) ? row.pick(oddities()) : row.pick(row.words->phrases);
            if (character_count(word) <= static_cast<std::size_t>(field.length)) {
                out += word;
            } else {
                append_digits(out, static_cast<std::int64_t>(row.below(10)), 1);
            }
            return;
        }
        case Recipe::long_text:
            long_text(row, field.length);
            return;
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

void Generator::fill_choice(const Column& column, Row& row) {
    std::string& out = *row.out;
    const Field& field = *column.field;
    const bool is_null = field.nillable && row.one_in(4);
    const auto& picklist = field.picklist;
    const std::string_view stage = stage_of(row);
    switch (column.recipe) {
        case Recipe::picklist:
            if (!is_null) out += row.pick(picklist).value;
            return;
        case Recipe::multipicklist: {
            if (is_null) return;
            const std::uint64_t chosen = row.next() | (std::uint64_t{1} << row.below(picklist.size()));
            const std::size_t from = out.size();
            for (std::size_t i = 0; i < std::min<std::size_t>(picklist.size(), 64); ++i) {
                if (((chosen >> i) & 1U) == 0) continue;
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

void Generator::fill_link(const Column& column, Row& row) {
    const bool is_user = column.recipe == Recipe::user || column.recipe == Recipe::owner;
    if (column.links == nullptr) return;
    if (!is_user && column.field->nillable && row.one_in(column.recipe == Recipe::earlier ? 2 : 8)) return;
    const LinkTargets& links = *column.links;
    if (!links.ids.empty()) {
        *row.out += row.pick(links.ids);
        return;
    }
    const std::uint64_t reach = column.recipe == Recipe::earlier ? std::min(row.n, links.count) : links.count;
    if (reach != 0) *row.out += make_id(column.target->key_prefix(), links.first_number + row.below(reach));
}

void Generator::long_text(Row& row, int length_max) {
    std::string& out = *row.out;
    const std::uint64_t luck = row.below(1000);
    if (luck < 400) return;
    // Most texts are a phrase or two; some are letters of a page, a few of several thousand characters.
    const std::uint64_t lines = luck < 900 ? 1 : luck < 990 ? 2 + row.below(6) : 60 + row.below(120);
    auto left = static_cast<std::size_t>(length_max);
    for (std::uint64_t line = 0; line < lines; ++line) {
        const std::string_view phrase = row.pick(row.words->phrases);
        if (phrase.size() + 40 > left) return;
        left -= phrase.size() + 40;
        if (line != 0) out += row.one_in(3) ? "\n" : "\r\n";
        out += phrase;
        if (row.one_in(4)) (out += ' ').append(row.pick(oddities()));
    }
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
