#include "sandbox/dynamics/org/catalog.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {

Catalog::Catalog(std::vector<Table> tables, std::vector<Relationship> relationships, std::string version)
    : tables_{std::move(tables)}, version_{std::move(version)} {
    for (std::size_t i = 0; i < tables_.size(); ++i) {
        by_name_.emplace(tables_[i].name(), i);
        by_set_.emplace(tables_[i].set_name(), i);
    }
    for (Relationship& one : relationships) {
        const Table* referencing = find(one.referencing);
        if (referencing == nullptr || !referencing->has(one.referencing_attribute)) continue;
        if (one.referenced != "owner" && find(one.referenced) == nullptr) continue;
        if (one.metadata_id.empty()) one.metadata_id = fixed_guid("relationship " + one.schema_name);
        relationships_.push_back(std::move(one));
    }
}

const Table* Catalog::find(std::string_view name) const {
    const auto found = by_name_.find(std::string{name});
    return found == by_name_.end() ? nullptr : &tables_[found->second];
}

const Table* Catalog::find_set(std::string_view set_name) const {
    const auto found = by_set_.find(std::string{set_name});
    return found == by_set_.end() ? nullptr : &tables_[found->second];
}

const Relationship* Catalog::find_navigation(const Table& table, std::string_view navigation) const {
    const auto found = std::ranges::find_if(relationships_, [&](const Relationship& one) {
        return one.navigation == navigation && one.referencing == table.name();
    });
    return found == relationships_.end() ? nullptr : &*found;
}

const Relationship* Catalog::find_collection(const Table& table, std::string_view collection) const {
    const auto found = std::ranges::find_if(relationships_, [&](const Relationship& one) {
        return one.collection == collection && one.referenced == table.name();
    });
    return found == relationships_.end() ? nullptr : &*found;
}

const Relationship* Catalog::navigation_of(const Table& table, const Attribute& lookup,
                                           std::string_view target) const {
    const auto found = std::ranges::find_if(relationships_, [&](const Relationship& one) {
        return one.referencing == table.name() && one.referencing_attribute == lookup.name &&
               (one.referenced == target || one.referenced == "owner");
    });
    return found == relationships_.end() ? nullptr : &*found;
}

std::vector<const Relationship*> Catalog::from(const Table& table) const {
    std::vector<const Relationship*> ways;
    for (const Relationship& one : relationships_)
        if (one.referencing == table.name()) ways.push_back(&one);
    return ways;
}

std::vector<const Relationship*> Catalog::to(const Table& table) const {
    std::vector<const Relationship*> ways;
    for (const Relationship& one : relationships_)
        if (one.referenced == table.name()) ways.push_back(&one);
    return ways;
}

std::vector<const OptionSet*> Catalog::global_option_sets() const {
    std::vector<const OptionSet*> sets;
    std::set<std::string_view> known;
    for (const Table& table : tables_) {
        for (const Attribute& attribute : table.attributes()) {
            if (attribute.options.is_global && known.insert(attribute.options.name).second)
                sets.push_back(&attribute.options);
        }
    }
    std::ranges::sort(sets, {}, [](const OptionSet* set) { return set->name; });
    return sets;
}

}  // namespace koppla::sandbox::dynamics
