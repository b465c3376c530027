#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/handlers.h"
#include "sandbox/dynamics/metadata/definitions.h"
#include "sandbox/dynamics/metadata/shape.h"
#include "sandbox/odata/failure.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::string_view type_space = "Microsoft.Dynamics.CRM.";
constexpr std::array<std::string_view, 5> collections{"Attributes", "Keys", "OneToManyRelationships",
                                                      "ManyToOneRelationships", "ManyToManyRelationships"};

/// Of "LogicalName='account'" or a MetadataId, whether it is this object.
bool is_named(const Segment& segment, const Json& object, std::string_view name_property) {
    const auto& part = segment.parts.front();
    if (part.name.empty() || part.name == "MetadataId")
        return guid_of(part.literal) == object["MetadataId"].get<std::string>();
    return part.name == name_property && unquoted(part.literal) == object[part.name].get<std::string>();
}

bool is_navigation(std::string_view name) {
    return name == "OptionSet" || name == "GlobalOptionSet";
}

/// Things of metadata that go into an answer: shaped one by one.
struct Listing {
    std::string type;  ///< "EntityMetadata", as errors call it
    std::vector<Json> objects;
    std::function<bool(std::string_view)> is_selectable;
};

/// What of `object` an expansion asks for, beside its own properties.
Result<void> expand_options(Json& kept, const Json& object, const Shape& shape) {
    for (const auto& [name, inner] : shape.expand) {
        if (!is_navigation(name) || !object.contains(name))
            return odata::unknown_property(name, "AttributeMetadata");
        const auto& set = object[name];
        if (set.is_null()) {
            kept[name] = nullptr;
            continue;
        }
        kept[name] = TRY(shaped(set, inner, "OptionSetMetadata", [&](std::string_view property) {
            return set.contains(std::string{property});
        }));
    }
    return {};
}

Listing attributes_of(const Table& table) {
    Listing listing{.type = "AttributeMetadata", .objects = {}, .is_selectable = is_common_property};
    for (const Attribute& attribute : table.attributes())
        listing.objects.push_back(attribute_json(table, attribute));
    return listing;
}

Listing related(const Catalog& catalog, const Table& table, std::string_view name) {
    Listing listing{
        .type = std::string{name}, .objects = {}, .is_selectable = [](std::string_view) { return true; }};
    if (name == "Keys") {
        for (const AlternateKey& key : table.keys()) listing.objects.push_back(key_json(table, key));
    } else if (name == "ManyToOneRelationships") {
        for (const auto* way : catalog.from(table)) listing.objects.push_back(relationship_json(*way));
    } else if (name == "OneToManyRelationships") {
        for (const auto* way : catalog.to(table)) listing.objects.push_back(relationship_json(*way));
    }
    if (!listing.objects.empty()) {
        // The type's own properties, so that others are refused.
        std::vector<std::string> names;
        for (const auto& member : listing.objects.front().items()) names.push_back(member.key());
        listing.is_selectable = [names](std::string_view property) {
            return std::ranges::find(names, property) != names.end();
        };
    }
    return listing;
}

/// Only the attributes of one kind, with the properties of that kind.
Result<Listing> cast(Listing listing, std::string_view segment) {
    if (!segment.starts_with(type_space)) return no_segment(segment);
    const auto wanted = fmt::format("#{}", segment);
    std::erase_if(listing.objects,
                  [&](const Json& object) { return object.value("@odata.type", "") != wanted; });
    std::vector<std::string> names;
    for (const auto& object : listing.objects)
        for (const auto& member : object.items())
            if (!is_navigation(member.key())) names.push_back(member.key());
    listing.type = std::string{segment.substr(type_space.size())};
    listing.is_selectable = [names](std::string_view property) {
        return std::ranges::find(names, property) != names.end() || is_common_property(property);
    };
    return listing;
}

Result<Json> list_json(const Listing& listing, const Shape& shape) {
    auto list = Json::array();
    for (const auto& object : listing.objects) {
        if (shape.filter && !TRY(fits(*shape.filter, object, listing.type))) continue;
        auto kept = TRY(shaped(object, shape, listing.type, listing.is_selectable));
        TRY(expand_options(kept, object, shape));
        list.push_back(std::move(kept));
    }
    return list;
}

Result<Json> entity_with(const Catalog& catalog, const Table& table, const Shape& shape) {
    const auto whole = entity_json(table);
    auto kept = TRY(shaped(whole, shape, "EntityMetadata",
                           [&](std::string_view name) { return whole.contains(std::string{name}); }));
    for (const auto& [name, inner] : shape.expand) {
        if (std::ranges::find(collections, name) == collections.end())
            return odata::unknown_property(name, "EntityMetadata");
        kept[name] = TRY(
            list_json(name == "Attributes" ? attributes_of(table) : related(catalog, table, name), inner));
    }
    return kept;
}

std::string selection(const Shape& shape) {
    return shape.select.empty() ? std::string{} : fmt::format("({})", fmt::join(shape.select, ","));
}

Answer listed(const Ask& ask, const std::string& where, const Shape& shape, Json list) {
    return answer(
        200, Json{{"@odata.context", ask.context() + where + selection(shape)}, {"value", std::move(list)}});
}

Json with_context(const std::string& context, const Json& object) {
    Json whole{{"@odata.context", context}};
    for (const auto& [name, value] : object.items()) whole[name] = value;
    return whole;
}

/// One object, or the property or option set of it that the rest of the path names.
Result<Answer> one(const Ask& ask, const std::string& where, const Json& object, const Shape& shape,
                   std::size_t next) {
    const auto& segments = ask.segments;
    if (next == segments.size()) {
        auto kept = TRY(shaped(object, shape, "MetadataBase", [&](std::string_view name) {
            return object.contains(std::string{name}) && !is_navigation(name);
        }));
        TRY(expand_options(kept, object, shape));
        return answer(200, with_context(ask.context() + where + selection(shape) + "/$entity", kept));
    }
    const auto& name = segments[next].name;
    const auto found = object.find(name);
    if (found == object.end()) return no_segment(name);
    if (next + 1 < segments.size() && segments[next + 1].name == "$value") {
        auto raw = answer(200, found->is_string() ? found->get<std::string>() : found->dump());
        raw.response.headers.set("Content-Type", "text/plain");
        return raw;
    }
    if (next + 1 < segments.size() && found->is_object())
        return one(ask, where + "/" + name, *found, shape, next + 1);
    if (found->is_null()) return nothing();
    if (!found->is_object())
        return answer(200, Json{{"@odata.context", ask.context() + where + "/" + name}, {"value", *found}});
    const auto kept = TRY(shaped(*found, shape, "OptionSetMetadata", [&](std::string_view property) {
        return found->contains(std::string{property});
    }));
    return answer(200, with_context(ask.context() + where + "/" + name + "/$entity", kept));
}

/// What stands behind EntityDefinitions(…): a collection of the table's, or a property.
Result<Answer> in_table(const Ask& ask, const Table& table, const Shape& shape) {
    const auto& segments = ask.segments;
    const auto where = fmt::format("EntityDefinitions('{}')", table.name());
    const auto& name = segments[1].name;
    if (std::ranges::find(collections, name) == collections.end())
        return one(ask, where, entity_json(table), shape, 1);
    auto listing = name == "Attributes" ? attributes_of(table) : related(*ask.catalog, table, name);
    std::size_t next = 2;
    if (segments[1].has_key()) {
        const auto found = std::ranges::find_if(listing.objects, [&](const Json& object) {
            const bool is_way = object.contains("ReferencingEntity");
            return is_named(segments[1], object, is_way ? "SchemaName" : "LogicalName");
        });
        if (found == listing.objects.end())
            return error(ErrorKind::not_found,
                         fmt::format("Could not find an attribute with specified name in entity with "
                                     "LogicalName='{}'.",
                                     table.name()),
                         "0x80060891");
        if (next < segments.size() && segments[next].name.starts_with(type_space)) {
            if (found->value("@odata.type", "") != "#" + segments[next].name)
                return no_segment(segments[next].name);
            ++next;
        }
        return one(ask, where + "/" + name, *found, shape, next);
    }
    if (next < segments.size()) {
        listing = TRY(cast(std::move(listing), segments[next].name));
        ++next;
    }
    if (next < segments.size()) return no_segment(segments[next].name);
    auto list = TRY(list_json(listing, shape));
    return listed(ask, where + "/" + name, shape, std::move(list));
}

Result<Answer> entities(const Ask& ask) {
    const auto shape = TRY(Shape::of(ask));
    const auto& segment = ask.segments.front();
    if (segment.has_key()) {
        for (const Table& table : ask.catalog->tables()) {
            if (!is_named(segment, entity_json(table), "LogicalName")) continue;
            if (ask.segments.size() > 1) return in_table(ask, table, shape);
            const auto kept = TRY(entity_with(*ask.catalog, table, shape));
            return answer(
                200, with_context(ask.context() + "EntityDefinitions" + selection(shape) + "/$entity", kept));
        }
        return error(ErrorKind::not_found,
                     fmt::format("Could not find an entity with specified entity name: {}",
                                 unquoted(segment.parts.front().literal)),
                     "0x80060891");
    }
    if (ask.segments.size() > 1) return no_segment(ask.segments[1].name);
    auto list = Json::array();
    for (const Table& table : ask.catalog->tables()) {
        if (shape.filter && !TRY(fits(*shape.filter, entity_json(table), "EntityMetadata"))) continue;
        list.push_back(TRY(entity_with(*ask.catalog, table, shape)));
    }
    return listed(ask, "EntityDefinitions", shape, std::move(list));
}

/// A flat set of metadata, with a key by name.
Result<Answer> flat(const Ask& ask, Listing listing, std::string_view name_property) {
    const auto shape = TRY(Shape::of(ask));
    const auto& segments = ask.segments;
    const auto& set = segments.front();
    std::size_t next = 1;
    if (set.has_key()) {
        const auto found = std::ranges::find_if(
            listing.objects, [&](const Json& object) { return is_named(set, object, name_property); });
        if (found == listing.objects.end())
            return error(ErrorKind::not_found,
                         fmt::format("Could not find {} with the specified name", listing.type),
                         "0x80060891");
        if (next < segments.size() && segments[next].name.starts_with(type_space)) ++next;
        return one(ask, set.name, *found, shape, next);
    }
    if (next < segments.size()) {
        listing = TRY(cast(std::move(listing), segments[next].name));
        ++next;
    }
    if (next < segments.size()) return no_segment(segments[next].name);
    auto list = TRY(list_json(listing, shape));
    return listed(ask, set.name, shape, std::move(list));
}

Answer or_failure(Result<Answer> answered) {
    return answered ? std::move(*answered) : failure(answered.error());
}

}  // namespace

Answer entity_definitions(Services&, const Ask& ask) {
    return or_failure(entities(ask));
}

Answer global_option_sets(Services&, const Ask& ask) {
    Listing listing{.type = "OptionSetMetadataBase", .objects = {}, .is_selectable = [](std::string_view) {
                        return true;
                    }};
    for (const auto* set : ask.catalog->global_option_sets())
        listing.objects.push_back(option_set_json(*set, nullptr));
    if (ask.option("$filter"))
        return failure(odata::bad_query("The query parameter $filter is not supported"));
    return or_failure(flat(ask, std::move(listing), "Name"));
}

Answer relationship_definitions(Services&, const Ask& ask) {
    Listing listing{.type = "RelationshipMetadataBase", .objects = {}, .is_selectable = [](std::string_view) {
                        return true;
                    }};
    for (const Relationship& way : ask.catalog->relationships())
        listing.objects.push_back(relationship_json(way));
    return or_failure(flat(ask, std::move(listing), "SchemaName"));
}

}  // namespace koppla::sandbox::dynamics
