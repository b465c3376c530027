#include "sandbox/dynamics/org/table.h"

#include "sandbox/content/chance.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {

const Option* OptionSet::find(std::int64_t value) const {
    const auto found = std::ranges::find(options, value, &Option::value);
    return found == options.end() ? nullptr : &*found;
}

Storage Attribute::storage() const {
    // The names of lookups are strings by their metadata, too.
    if (!of.empty()) return Storage::none;
    switch (type) {
        case AttributeType::string:
        case AttributeType::memo:
        case AttributeType::multi_select:
        case AttributeType::entity_name:
        case AttributeType::image:
            return Storage::text;
        case AttributeType::lookup:
        case AttributeType::customer:
        case AttributeType::owner:
        case AttributeType::guid:
        case AttributeType::file:
            return Storage::guid;
        case AttributeType::integer:
        case AttributeType::big_int:
        case AttributeType::boolean:
        case AttributeType::picklist:
        case AttributeType::state:
        case AttributeType::status:
            return Storage::integer;
        case AttributeType::decimal:
        case AttributeType::money:
            return Storage::scaled;
        case AttributeType::real:
            return Storage::real;
        case AttributeType::date_time:
            return behavior == DateBehavior::date_only ? Storage::date : Storage::instant;
        case AttributeType::party_list:
        case AttributeType::name:
        case AttributeType::managed_property:
            return Storage::none;
    }
    return Storage::none;
}

bool Attribute::is_on_wire() const {
    if (!is_stored() || !can_read) return false;
    // The target's type travels as an annotation of the lookup.
    return type_of.empty();
}

Table::Table(TableFacts facts, std::vector<Attribute> attributes, std::vector<AlternateKey> keys)
    : facts_{std::move(facts)}, attributes_{std::move(attributes)}, keys_{std::move(keys)} {
    if (facts_.metadata_id.empty()) facts_.metadata_id = fixed_guid("table " + facts_.name);
    for (std::size_t i = 0; i < attributes_.size(); ++i) {
        Attribute& attribute = attributes_[i];
        if (attribute.metadata_id.empty())
            attribute.metadata_id = fixed_guid(fmt::format("attribute {}.{}", facts_.name, attribute.name));
        by_name_.emplace(attribute.name, i);
    }
    for (AlternateKey& key : keys_) {
        if (key.metadata_id.empty())
            key.metadata_id = fixed_guid(fmt::format("key {}.{}", facts_.name, key.name));
    }
}

const Attribute* Table::find(std::string_view attribute) const {
    const auto found = by_name_.find(std::string{attribute});
    return found == by_name_.end() ? nullptr : &attributes_[found->second];
}

const Attribute* Table::find_property(std::string_view wire_name) const {
    constexpr std::string_view ending = "_value";
    if (wire_name.size() > ending.size() + 1 && wire_name.starts_with('_') && wire_name.ends_with(ending)) {
        const auto* lookup = find(wire_name.substr(1, wire_name.size() - ending.size() - 1));
        if (lookup != nullptr && lookup->is_lookup() && lookup->is_on_wire()) return lookup;
    }
    const auto* attribute = find(wire_name);
    if (attribute == nullptr || attribute->is_lookup() || !attribute->is_on_wire()) return nullptr;
    return attribute;
}

std::string quoted(std::string_view identifier) {
    std::string text{'"'};
    for (const char c : identifier) {
        if (c == '"') text += '"';
        text += c;
    }
    return text + '"';
}

std::string table_sql(const Table& table) {
    return dynamics::quoted("dynamics_" + table.name());
}

std::string fixed_guid(std::string_view text) {
    const std::uint64_t high = mixed(hash_of(text));
    const std::uint64_t low = mixed(high ^ hash_of("guid"));
    // Marked as random (version 4), which most of the service's own ids are.
    return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xFFFFU,
                       high & 0xFFFU, 0x8000U | ((low >> 48U) & 0x3FFFU), low & 0xFFFFFFFFFFFFU);
}

}  // namespace koppla::sandbox::dynamics
