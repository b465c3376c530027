#include "sandbox/dynamics/payload/payload.h"

#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/org/rules.h"
#include "sandbox/dynamics/payload/keys.h"
#include "sandbox/dynamics/payload/values.h"
#include "sandbox/web/exact_json.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::string_view bind_ending = "@odata.bind";

Error bad_payload(const Table& table, const std::string& inner) {
    return error(ErrorKind::invalid,
                 fmt::format("Error identified in Payload provided by the user for Entity :'{}', For more "
                             "information on this error please follow this help link "
                             "https://go.microsoft.com/fwlink/?linkid=2195293  ----> InnerException : "
                             "Microsoft.OData.ODataException: {}",
                             table.set_name(), inner),
                 "0x80048d19");
}

Error unknown_property(const Table& table, std::string_view name) {
    return bad_payload(table,
                       fmt::format("The property '{}' does not exist on type 'Microsoft.Dynamics.CRM.{}'. "
                                   "Make sure to only use property names that are defined by the type.",
                                   name, table.name()));
}

Error undeclared(const Table& table, std::string_view name) {
    return bad_payload(
        table,
        fmt::format("An undeclared property '{}' which only has property annotations in the payload but no "
                    "property value was found in the payload. In OData, only declared navigation properties "
                    "and declared named streams can be represented as properties without values.",
                    name));
}

/// Reads the members of one body, one after the other.
class Reader {
  public:
    Reader(Writing& writing, const Table& table) : writing_{writing}, table_{table} {}

    Result<void> read(const std::string& name, const nlohmann::json& value) {
        const auto at = name.find('@');
        if (at == 0) return instance_annotation(name);
        if (at != std::string::npos) {
            if (!name.ends_with(bind_ending)) return {};
            return bind(name.substr(0, at), value);
        }
        if (const auto* way = writing_.catalog().find_navigation(table_, name))
            return navigation(*way, value);
        if (const auto* way = writing_.catalog().find_collection(table_, name)) return children(*way, value);
        return property(name, value);
    }

    Payload take() { return std::move(payload_); }

  private:
    Result<void> instance_annotation(const std::string& name) const {
        if (name.find('.') != std::string::npos) return {};
        return bad_payload(table_,
                           fmt::format("The annotation '{}' must contain a period in its name.", name));
    }

    Result<void> property(const std::string& name, const nlohmann::json& value) {
        const auto* attribute = table_.find_property(name);
        if (attribute == nullptr) return unknown_property(table_, name);
        if (attribute->is_lookup())
            return error(ErrorKind::invalid,
                         "CRM do not support direct update of Entity Reference properties, Use Navigation "
                         "properties instead.",
                         "0x80048d19");
        // What can't be written is passed over, as the service does.
        if (attribute->can_create || attribute->can_update)
            payload_.values[attribute->name] = TRY(value_from_json(table_, *attribute, value));
        return {};
    }

    void link(const Values& values) {
        for (const auto& [name, value] : values) payload_.values[name] = value;
    }

    Result<void> navigation(const Relationship& way, const nlohmann::json& value) {
        if (value.is_null()) {
            link(no_link(table_, way));
            return {};
        }
        const auto* target = writing_.catalog().find(way.referenced);
        if (!value.is_object() || target == nullptr)
            return bad_payload(table_, fmt::format("'{}' has to be null or a row.", way.navigation));
        const auto made = TRY(create_from(writing_, *target, value));
        link(link_values(table_, way, made.id));
        return {};
    }

    Result<void> bind(const std::string& name, const nlohmann::json& value) {
        const auto& catalog = writing_.catalog();
        if (const auto* way = catalog.find_navigation(table_, name)) {
            if (value.is_null())
                return bad_payload(table_,
                                   "The 'odata.bind' instance or property annotation has a null value. In "
                                   "OData, the 'odata.bind' instance or property annotation must have a "
                                   "non-null string value.");
            if (!value.is_string()) return undeclared(table_, name);
            link(TRY(link_to(writing_, table_, *way, value.get<std::string>())));
            return {};
        }
        const auto* way = catalog.find_collection(table_, name);
        if (way == nullptr || !value.is_array()) return undeclared(table_, name);
        Payload::Child child{.way = way};
        for (const auto& one : value) {
            const auto target = TRY(read_target(catalog, one.is_string() ? one.get<std::string>() : ""));
            child.ids.push_back(TRY(find_row(writing_.transaction(), *target.table, target.key)));
        }
        payload_.children.push_back(std::move(child));
        return {};
    }

    Result<void> children(const Relationship& way, const nlohmann::json& value) {
        if (!value.is_array())
            return bad_payload(table_, fmt::format("'{}' has to be an array of rows.", way.collection));
        payload_.children.push_back({.way = &way, .bodies = std::make_shared<const nlohmann::json>(value)});
        return {};
    }

    Writing& writing_;
    const Table& table_;
    Payload payload_{};
};

}  // namespace

Values no_link(const Table& table, const Relationship& way) {
    Values values{{way.referencing_attribute, Value{}}};
    const auto* lookup = table.find(way.referencing_attribute);
    if (lookup != nullptr && !lookup->type_column.empty()) values[lookup->type_column] = Value{};
    return values;
}

Result<Values> link_to(Writing& writing, const Table& table, const Relationship& way,
                       std::string_view address) {
    const auto target = TRY(read_target(writing.catalog(), address));
    const auto* lookup = table.find(way.referencing_attribute);
    const auto& name = target.table->name();
    const bool fits =
        way.referenced == "owner" ? name == "systemuser" || name == "team" : name == way.referenced;
    if (!fits || lookup == nullptr)
        return bad_payload(
            table, fmt::format("A node of type 'Microsoft.Dynamics.CRM.{}' can't be bound to '{}'.", name,
                               way.navigation));
    const auto id = TRY(writing.find(*target.table, target.key));
    if (!id && target.key.id.empty()) return no_row_by_key(name);
    if (!id) return no_row(name, target.key.id);
    Values values{{lookup->name, *id}};
    if (!lookup->type_column.empty()) values[lookup->type_column] = name;
    return values;
}

Result<Payload> read_payload(Writing& writing, const Table& table, const nlohmann::json& body) {
    if (!body.is_object()) return bad_payload(table, "The body has to be a JSON object.");
    Reader reader{writing, table};
    for (const auto& [name, value] : body.items()) TRY(reader.read(name, value));
    return reader.take();
}

Result<void> keep_children(Writing& writing, const Payload& payload, const std::string& id) {
    for (const auto& child : payload.children) {
        const auto* table = writing.catalog().find(child.way->referencing);
        if (table == nullptr) continue;
        const auto link = link_values(*table, *child.way, id);
        const auto bodies = child.bodies ? child.bodies : std::make_shared<const nlohmann::json>();
        for (const auto& body : *bodies) {
            auto read = TRY(read_payload(writing, *table, body));
            for (const auto& [name, value] : link) read.values[name] = value;
            TRY(writing.save(
                {.kind = Change::Kind::create, .table = table, .values = std::move(read.values)}));
        }
        for (const auto& one : child.ids)
            TRY(writing.save(
                {.kind = Change::Kind::update, .table = table, .key = {.id = one}, .values = link}));
    }
    return {};
}

Result<Saved> create_from(Writing& writing, const Table& table, const nlohmann::json& body) {
    auto payload = TRY(read_payload(writing, table, body));
    Change change{.kind = Change::Kind::create, .table = &table, .values = std::move(payload.values)};
    const auto given = change.values.find(table.primary_id());
    if (given != change.values.end() && std::holds_alternative<std::string>(given->second))
        change.key.id = std::get<std::string>(given->second);
    auto saved = TRY(writing.save(change));
    TRY(keep_children(writing, payload, saved.id));
    return saved;
}

}  // namespace koppla::sandbox::dynamics
