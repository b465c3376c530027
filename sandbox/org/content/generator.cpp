#include "sandbox/org/content/generator.h"

#include "sandbox/org/content/row.h"
#include "sandbox/org/identifier.h"
#include "sandbox/org/state.h"

#include <algorithm>
#include <array>
#include <utility>

namespace koppla::sandbox {

namespace {

constexpr std::int64_t first_second = 1'420'416'000;   ///< 2015-01-05
constexpr std::int64_t last_creation = 1'751'241'600;  ///< 2025-06-30
constexpr std::int64_t last_second = 1'767'139'200;    ///< 2025-12-31
constexpr std::uint64_t group_rows = 400;  ///< of which the first were loaded at one stroke, on one stamp
constexpr std::uint64_t loaded_rows = 250;

}  // namespace

Generator::Generator(const Catalog& catalog, const Object& object, GeneratorOptions options)
    : object_{object},
      options_{std::move(options)},
      fields_{stored_fields(object)},
      object_seed_{mixed(options_.seed) ^ hash_of(object.name())} {
    for (const Field* field : fields_) columns_.push_back(column_of(catalog, *field));
    find_controllers();
    const Field* stages = object.find("StageName");
    if (stages != nullptr && !stages->picklist.empty()) stages_ = stages;
    text_.reserve(std::size_t{1} << 16U);
}

Generator::~Generator() = default;

std::vector<const Object*> targets_of(const Catalog& catalog, const Field& field) {
    std::vector<const Object*> targets;
    const Object* usual = field.is_reference() ? catalog.target_of(field) : nullptr;
    if (usual == nullptr) return targets;
    targets.push_back(usual);
    for (const std::string& name : field.reference_to) {
        const Object* target = catalog.find(name);
        if (target != nullptr && target != usual && usual->name() != "User") targets.push_back(target);
    }
    return targets;
}

void Generator::find_controllers() {
    for (std::size_t dependent = 0; dependent < columns_.size(); ++dependent) {
        for (std::size_t on = 0; on < dependent; ++on)
            if (fields_[on]->name == fields_[dependent]->controller) columns_[dependent].controller = on;
    }
}

Generator::Column Generator::column_of(const Catalog& catalog, const Field& field) const {
    const auto targets = targets_of(catalog, field);
    Column column{.field = &field, .recipe = recipe_of(field, targets.empty() ? nullptr : targets.front())};
    for (const Object* target : targets) {
        const auto links = options_.links.find(target->name());
        if (links == options_.links.end()) continue;
        if (links->second.count != 0 || !links->second.ids.empty())
            column.ways.push_back({target, &links->second});
    }
    return column;
}

Generator::Recipe Generator::recipe_of(const Field& field, const Object* target) const {
    static constexpr std::array<std::pair<std::string_view, Recipe>, 28> named{
        {{"Id", Recipe::id},
         {"CreatedDate", Recipe::created},
         {"LastModifiedDate", Recipe::modified},
         {"SystemModstamp", Recipe::stamp},
         {"CreatedById", Recipe::user},
         {"LastModifiedById", Recipe::user},
         {"OwnerId", Recipe::owner},
         {"RecordTypeId", Recipe::record_type},
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
         {"BodyLength", Recipe::content_size},
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
    if (field.type == "base64") return Recipe::content;
    if (!field.createable || field.length <= 0) return field.type == "time" ? Recipe::time : Recipe::nothing;
    if (field.unique || field.external_id) return Recipe::key;
    if (field.type == "encryptedstring") return Recipe::secret;
    if (field.type == "combobox") return Recipe::words;
    if (field.type == "phone") return Recipe::phone;
    if (field.type == "email") return Recipe::email;
    if (field.type == "url") return Recipe::url;
    if (field.type == "textarea" && field.length > 255) return Recipe::long_text;
    return field.type == "string" || field.type == "textarea" ? Recipe::words : Recipe::nothing;
}

std::span<const model::Cell> Generator::row(std::uint64_t n) {
    Row row{.n = n,
            .chance = Chance{object_seed_ ^ mixed(n)},
            .words = nullptr,
            .given = {},
            .family = {},
            .created = 0,
            .stamp = 0,
            .has_address = true,
            .has_split_stamps = false,
            .stage = 0,
            .type = object_.record_type({}),
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
    for (Column& column : columns_) {
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

void Generator::fill(Column& column, Row& row) {
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
        case Recipe::record_type: {
            const std::size_t from = row.out->size();
            fill_link(column, row);
            row.type = object_.record_type(std::string_view{*row.out}.substr(from));
            return;
        }
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

void Generator::fill_link(const Column& column, Row& row) {
    const bool is_user = column.recipe == Recipe::user || column.recipe == Recipe::owner;
    if (column.ways.empty()) return;
    if (!is_user && column.field->nillable && row.one_in(column.recipe == Recipe::earlier ? 2 : 8)) return;
    const Way& way = column.ways.size() == 1 ? column.ways.front() : row.pick(column.ways);
    const LinkTargets& links = *way.links;
    if (!links.ids.empty()) {
        *row.out += row.pick(links.ids);
        return;
    }
    const std::uint64_t reach = column.recipe == Recipe::earlier ? std::min(row.n, links.count) : links.count;
    if (reach != 0) *row.out += make_id(way.target->key_prefix(), links.first_number + row.below(reach));
}

}  // namespace koppla::sandbox
