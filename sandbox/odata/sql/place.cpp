#include "sandbox/odata/sql/place.h"

#include "sandbox/odata/failure.h"

#include <span>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

using dynamics::Attribute;

using dynamics::Table;

enum class Names { of_the_wire, any };

const Attribute* find(const Table& table, const std::string& name, Names names) {
    if (const auto* property = table.find_property(name)) return property;
    const auto* attribute = names == Names::any ? table.find(name) : nullptr;
    return attribute != nullptr && attribute->is_stored() && attribute->can_read ? attribute : nullptr;
}

Result<Column> find_along(const Place& place, std::span<const std::string> segments, Names names) {
    if (segments.size() == 1) {
        const auto* attribute = find(place.table, segments[0], names);
        if (attribute == nullptr) return unknown_property(segments[0], place.table.name());
        return Column{.attribute = attribute, .table = &place.table, .sql = place.column(attribute->name)};
    }
    const auto* way = place.catalog.find_navigation(place.table, segments[0]);
    const auto* target = way == nullptr ? nullptr : place.catalog.find(way->referenced);
    if (target == nullptr) return unknown_property(segments[0], place.table.name());
    const Place inner{
        .catalog = place.catalog, .table = *target, .alias = place.alias + "_" + way->navigation};
    auto column = TRY(find_along(inner, segments.subspan(1), names));
    column.sql = fmt::format("(SELECT {} FROM {} AS {} WHERE {})", column.sql, table_sql(*target),
                             dynamics::quoted(inner.alias), link(place, inner, *way));
    return column;
}

std::string name_in(const Place& place, const Attribute& lookup, const Table& target) {
    const auto& facts = target.facts();
    return fmt::format("(SELECT {} FROM {} WHERE {} = {})", dynamics::quoted(facts.primary_name),
                       table_sql(target), dynamics::quoted(facts.primary_id), place.column(lookup.name));
}

}  // namespace

std::string Place::column(std::string_view attribute) const {
    return dynamics::quoted(alias) + "." + dynamics::quoted(attribute);
}

std::string link(const Place& outer, const Place& inner, const dynamics::Relationship& relationship) {
    auto condition = fmt::format("{} = {}", inner.column(relationship.referenced_attribute),
                                 outer.column(relationship.referencing_attribute));
    const auto* lookup = outer.table.find(relationship.referencing_attribute);
    if (lookup != nullptr && !lookup->type_column.empty())
        condition += fmt::format(" AND {} = '{}'", outer.column(lookup->type_column), inner.table.name());
    return condition;
}

Result<Column> find_column(const Place& place, const Path& path) {
    return find_along(place, path.segments, Names::of_the_wire);
}

Result<Column> find_attribute(const Place& place, const Path& path) {
    return find_along(place, path.segments, Names::any);
}

std::string name_of_target(const Place& place, const Attribute& lookup) {
    std::string cases;
    for (const auto& name : lookup.targets) {
        const auto* target = place.catalog.find(name);
        if (target == nullptr || target->facts().primary_name.empty()) continue;
        if (lookup.type_column.empty()) return name_in(place, lookup, *target);
        cases += fmt::format(" WHEN '{}' THEN {}", name, name_in(place, lookup, *target));
    }
    if (cases.empty()) return "NULL";
    return fmt::format("CASE {}{} END", place.column(lookup.type_column), cases);
}

}  // namespace koppla::sandbox::odata
