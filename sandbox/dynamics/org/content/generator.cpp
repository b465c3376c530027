#include "sandbox/dynamics/org/content/generator.h"

#include "sandbox/dynamics/org/content/row.h"
#include "sandbox/dynamics/org/state.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::int64_t first_second = 1'420'416'000;   ///< 2015-01-05
constexpr std::int64_t last_creation = 1'751'241'600;  ///< 2025-06-30
constexpr std::int64_t last_second = 1'767'139'200;    ///< 2025-12-31
constexpr std::uint64_t group_rows = 400;  ///< of which the first were loaded at one stroke, on one stamp
constexpr std::uint64_t loaded_rows = 250;

void append_hex(std::string& out, std::uint64_t bits, int digits) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
        out += "0123456789abcdef"[(bits >> static_cast<unsigned>(shift)) & 0xFU];
}

void append_guid(std::string& out, std::uint64_t high, std::uint64_t low) {
    append_hex(out, high >> 32U, 8);
    out += '-';
    append_hex(out, high >> 16U, 4);
    append_hex(out += "-4", high, 3);
    out += '-';
    append_hex(out, 0x8000U | ((low >> 48U) & 0x3FFFU), 4);
    out += '-';
    append_hex(out, low, 12);
}

}  // namespace

/// [Dataverse: Create a table row] Ids that the platform gives ascend, which keeps its indexes compact; ours
/// too.
std::string row_id(std::uint64_t seed, std::string_view table, std::uint64_t n) {
    const std::uint64_t first = mixed(mixed(seed) ^ hash_of(table));
    const std::uint64_t rank = (first & 0x3FFF'FFFFU) + n;
    const std::uint64_t mark = mixed(first ^ mixed(n + 1));
    std::string id;
    id.reserve(36);
    append_guid(id, (rank << 32U) | (mark >> 32U), mark ^ first);
    return id;
}

Generator::Generator(const Catalog& catalog, const Table& table, GeneratorOptions options)
    : table_{table},
      options_{std::move(options)},
      names_{column_names(table)},
      chance_{mixed(options_.seed ^ mixed(options_.variation)) ^ hash_of(table.name())} {
    for (const auto& name : names_) {
        const Attribute* attribute = table.find(name);
        Column column{.attribute = attribute};
        column.recipe = attribute == nullptr ? Recipe::version : recipe_of(*attribute);
        if (attribute != nullptr && attribute->is_lookup()) {
            for (const auto& target : attribute->targets) {
                const auto links = options_.links.find(target);
                if (links == options_.links.end() || links->second.is_empty()) continue;
                if (catalog.find(target) != nullptr) column.ways.emplace_back(target, &links->second);
            }
        }
        if (attribute != nullptr && !attribute->base_of.empty()) column.source = place_of(attribute->base_of);
        if (attribute != nullptr && !attribute->type_of.empty()) column.source = place_of(attribute->type_of);
        if (attribute != nullptr && column.recipe >= Recipe::line1 && column.recipe <= Recipe::composite) {
            const auto prefix = attribute->name.substr(0, attribute->name.find('_'));
            const auto known = std::ranges::find(prefixes_, prefix);
            column.address = static_cast<std::size_t>(known - prefixes_.begin());
            if (known == prefixes_.end()) prefixes_.push_back(prefix);
        }
        columns_.push_back(std::move(column));
    }
    for (Column& column : columns_) {
        if (column.recipe != Recipe::account_part && column.recipe != Recipe::contact_part) continue;
        const auto customer = std::ranges::find_if(columns_, [](const Column& other) {
            return other.attribute != nullptr && other.attribute->type == AttributeType::customer;
        });
        column.source = static_cast<std::size_t>(customer - columns_.begin());
    }
    text_.reserve(std::size_t{1} << 16U);
}

Generator::~Generator() = default;

std::size_t Generator::place_of(std::string_view column) const {
    return static_cast<std::size_t>(std::ranges::find(names_, column) - names_.begin());
}

Generator::Recipe Generator::recipe_of(const Attribute& attribute) const {
    if (attribute.is_primary_id) return Recipe::id;
    if (attribute.name == version_column) return Recipe::version;
    const bool is_key = std::ranges::any_of(table_.keys(), [&](const AlternateKey& key) {
        return key.index == IndexState::active && key.attributes.size() == 1 &&
               key.attributes.front() == attribute.name;
    });
    if (is_key && attribute.type == AttributeType::string) return Recipe::key;
    const auto named = recipe_by_name(attribute);
    return named != Recipe::nothing ? named : recipe_by_type(attribute);
}

Generator::Recipe Generator::recipe_by_name(const Attribute& attribute) const {
    static constexpr std::array<std::pair<std::string_view, Recipe>, 25> named{
        {{"createdon", Recipe::created},
         {"modifiedon", Recipe::modified},
         {"activitytypecode", Recipe::table_name},
         {"owninguser", Recipe::owning_user},
         {"owningteam", Recipe::owning_team},
         {"owningbusinessunit", Recipe::business_unit},
         {"businessunitid", Recipe::business_unit},
         {"owneridtype", Recipe::owner_type},
         {"firstname", Recipe::given},
         {"lastname", Recipe::family},
         {"fullname", Recipe::person},
         {"companyname", Recipe::firm},
         {"subject", Recipe::subject},
         {"jobtitle", Recipe::title},
         {"department", Recipe::department},
         {"birthdate", Recipe::birthday},
         {"transactioncurrencyid", Recipe::currency},
         {"lineitemnumber", Recipe::line_number},
         {"entityimage", Recipe::image},
         {"domainname", Recipe::email},
         {"exchangerate", Recipe::rate},
         {"entityimageid", Recipe::nothing},
         {"entityimage_url", Recipe::nothing},
         {"yomifullname", Recipe::nothing},
         {"hierarchypath", Recipe::nothing}}};
    for (const auto& [name, recipe] : named)
        if (attribute.name == name) return recipe;
    if (attribute.is_lookup() && !attribute.can_update) {
        if (attribute.name == "accountid") return Recipe::account_part;
        if (attribute.name == "contactid" || attribute.name == "parentcontactid") return Recipe::contact_part;
    }
    if (attribute.is_primary_name && attribute.type == AttributeType::string)
        return table_.name() == "account" ? Recipe::firm : Recipe::deal;
    const auto mark = attribute.name.find('_');
    if (mark == std::string::npos || attribute.name.find("address") == std::string::npos) {
        const bool is_order = attribute.name.starts_with("billto_") || attribute.name.starts_with("shipto_");
        if (!is_order) return Recipe::nothing;
    }
    static constexpr std::array<std::pair<std::string_view, Recipe>, 9> parts{
        {{"line1", Recipe::line1},
         {"line2", Recipe::line2},
         {"city", Recipe::city},
         {"stateorprovince", Recipe::state_name},
         {"postalcode", Recipe::postal_code},
         {"country", Recipe::country},
         {"composite", Recipe::composite},
         {"latitude", Recipe::latitude},
         {"longitude", Recipe::longitude}}};
    for (const auto& [part, recipe] : parts)
        if (std::string_view{attribute.name}.substr(mark + 1) == part) return recipe;
    return Recipe::nothing;
}

Generator::Recipe Generator::recipe_by_type(const Attribute& attribute) const {
    switch (attribute.type) {
        case AttributeType::owner:
            return Recipe::owner;
        case AttributeType::lookup:
        case AttributeType::customer:
            return attribute.name == "masterid" || attribute.name.ends_with("onbehalfby") ? Recipe::nothing
                                                                                          : Recipe::link;
        case AttributeType::entity_name:
            return attribute.type_of.empty() ? Recipe::nothing : Recipe::link_type;
        case AttributeType::memo:
            return attribute.can_create ? Recipe::long_text : Recipe::nothing;
        case AttributeType::string:
            if (!attribute.can_create) return Recipe::nothing;
            if (attribute.format == "Email") return Recipe::email;
            if (attribute.format == "Phone") return Recipe::phone;
            if (attribute.format == "Url") return Recipe::url;
            return Recipe::words;
        case AttributeType::boolean:
            return Recipe::flag;
        case AttributeType::picklist:
            return Recipe::choice;
        case AttributeType::multi_select:
            return Recipe::choices;
        case AttributeType::state:
            return Recipe::state;
        case AttributeType::status:
            return Recipe::status;
        case AttributeType::integer:
            return attribute.can_create ? Recipe::whole : Recipe::nothing;
        case AttributeType::big_int:
            return attribute.can_create ? Recipe::wide : Recipe::nothing;
        case AttributeType::decimal:
            return Recipe::scaled;
        case AttributeType::money:
            return attribute.base_of.empty() ? Recipe::amount : Recipe::base;
        case AttributeType::real:
            return Recipe::real;
        case AttributeType::date_time:
            if (attribute.name == "overriddencreatedon") return Recipe::nothing;
            if (attribute.behavior == DateBehavior::date_only) return Recipe::day;
            return attribute.date_format == DateFormat::date_only ? Recipe::midnight : Recipe::moment;
        case AttributeType::guid:
            return attribute.can_create ? Recipe::some_guid : Recipe::nothing;
        case AttributeType::file:
            return Recipe::file;
        case AttributeType::image:
            return Recipe::image;
        default:
            return Recipe::nothing;
    }
}

/// What is decided before the first cell.
void Generator::begin(Row& row) const {
    Chance& chance = row.chance;
    row.words = &vocabularies()[chance.one_in(2) ? chance.below(2) : chance.below(vocabularies().size())];
    row.given = chance.one_in(12) ? std::string_view{} : chance.pick(row.words->given);
    row.family = chance.pick(row.words->family);
    const std::uint64_t group = row.n / group_rows;
    const bool is_loaded = row.n % group_rows < loaded_rows;
    const std::uint64_t made = std::min(is_loaded ? group * group_rows : row.n, options_.total);
    const auto span = static_cast<std::uint64_t>(last_creation - first_second);
    row.created =
        first_second + static_cast<std::int64_t>(span * made / std::max<std::uint64_t>(options_.total, 1));
    const std::uint64_t luck = is_loaded ? mixed(chance_ ^ (group + 1)) : chance.next();
    row.modified =
        row.created + static_cast<std::int64_t>(luck % static_cast<std::uint64_t>(last_second - row.created));
    const auto* states = table_.find("statecode");
    if (states != nullptr && !states->options.options.empty()) {
        const auto& options = states->options.options;
        row.state = options[chance.one_in(5) ? chance.below(options.size()) : 0].value;
    }
    const auto owner = [&](const char* target) {
        const auto links = options_.links.find(target);
        if (links == options_.links.end() || links->second.is_empty()) return std::string{};
        if (!links->second.ids.empty()) return chance.pick(links->second.ids);
        return row_id(options_.seed, target, chance.below(links->second.count));
    };
    row.is_team = chance.one_in(10);
    row.owner = owner(row.is_team ? "team" : "systemuser");
    if (!options_.currencies.empty())
        row.currency = chance.one_in(4) ? &chance.pick(options_.currencies) : &options_.currencies.front();
    row.has_image = chance.one_in(40);
    for (std::size_t i = 0; i < prefixes_.size() && i < row.addresses.size(); ++i) {
        if (chance.one_in(i == 0 ? 7 : 2)) continue;
        AddressParts& address = row.addresses[i];
        append_street(address.lines[0], chance, *row.words);
        if (chance.one_in(6)) append_digits(address.lines[1] += "c/o ", static_cast<std::int64_t>(row.n), 1);
        address.city = chance.pick(row.words->cities);
        if (!chance.one_in(3)) address.state = row.words->state;
        append_digits(address.postal_code, static_cast<std::int64_t>(chance.below(100'000)), 5);
        address.country = row.words->country;
    }
    row.targets.assign(columns_.size(), {});
    row.numbers.assign(columns_.size(), 0);
}

std::span<const model::Cell> Generator::row(std::uint64_t n) {
    Row row{.n = n, .chance = Chance{chance_ ^ mixed(n)}, .out = &text_};
    begin(row);
    text_.clear();
    cells_.clear();
    for (const Column& column : columns_) {
        const std::size_t from = text_.size();
        row.begins.push_back(from);
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
    // The recipes stand in groups.
    if (column.recipe == Recipe::nothing) return;
    if (column.recipe <= Recipe::business_unit) return fill_system(column, row);
    if (column.recipe <= Recipe::contact_part) return fill_link(column, row);
    if (column.recipe <= Recipe::subject) return fill_name(column, row);
    if (column.recipe <= Recipe::longitude) return fill_place(column, row);
    if (column.recipe <= Recipe::key) return fill_text(column, row);
    if (column.recipe <= Recipe::status) return fill_choice(column, row);
    if (column.recipe <= Recipe::real) return fill_number(column, row);
    if (column.recipe <= Recipe::moment) return fill_time(column, row);
    fill_other(column, row);
}

void Generator::fill_system(const Column& column, Row& row) {
    std::string& out = *row.out;
    switch (column.recipe) {
        case Recipe::id:
            out += row_id(options_.seed, table_.name(), row.n);
            return;
        case Recipe::version:
            append_digits(out, options_.first_version + static_cast<std::int64_t>(row.n), 1);
            return;
        case Recipe::created:
        case Recipe::modified:
            append_second(out, column.recipe == Recipe::created ? row.created : row.modified);
            out += 'Z';
            return;
        case Recipe::table_name:
            out += table_.name();
            return;
        case Recipe::owner:
            out += row.owner;
            return;
        case Recipe::owner_type:
            out += row.is_team ? "team" : "systemuser";
            return;
        case Recipe::owning_user:
        case Recipe::owning_team:
            if (row.is_team == (column.recipe == Recipe::owning_team)) out += row.owner;
            return;
        default:
            out += options_.business_unit_id;
            return;
    }
}

void Generator::fill_link(const Column& column, Row& row) {
    std::string& out = *row.out;
    const auto place = static_cast<std::size_t>(&column - columns_.data());
    if (column.recipe == Recipe::link_type) {
        if (column.source < row.targets.size()) out += row.targets[column.source];
        return;
    }
    if (column.recipe == Recipe::account_part || column.recipe == Recipe::contact_part) {
        const bool is_account = column.recipe == Recipe::account_part;
        if (column.source >= place || row.targets[column.source] != (is_account ? "account" : "contact"))
            return;
        const auto from = row.begins[column.source];
        out += std::string{out, from, row.begins[column.source + 1] - from};
        return;
    }
    if (column.ways.empty()) return;
    const auto& attribute = *column.attribute;
    const bool is_self = attribute.targets.size() == 1 && attribute.targets.front() == table_.name();
    const bool is_needed = attribute.required == Requirement::system || !attribute.can_create;
    if (!is_needed && row.chance.one_in(is_self ? 2 : 6)) return;
    const auto& [target, links] =
        column.ways.size() == 1 ? column.ways.front() : row.chance.pick(column.ways);
    const auto from = out.size();
    append_link(out, target, *links, row);
    if (out.size() != from) row.targets[place] = target;
}

void Generator::append_link(std::string& out, const std::string& target, const LinkTargets& links, Row& row) {
    if (!links.ids.empty()) {
        out += row.chance.pick(links.ids);
        return;
    }
    // Of its own kind only those before it.
    const auto reach = target == table_.name() ? std::min(row.n, links.count) : links.count;
    if (reach != 0) out += row_id(options_.seed, target, row.chance.below(reach));
}

}  // namespace koppla::sandbox::dynamics
