#include "crm/salesforce/metadata.h"

#include "crm/codec/json_member.h"
#include "crm/salesforce/errors.h"
#include "crm/salesforce/query.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

namespace koppla::salesforce {

namespace {

using json::elements;
using json::flag;
using json::number;
using json::text;
using model::FieldSchema;
using model::Kind;
using model::ObjectSchema;
using simdjson::dom::element;
using Outcome = Mapping::Outcome;

std::vector<model::EnumerationValue> values_of(const element& field) {
    std::vector<model::EnumerationValue> values;
    for (const element& each : elements(field, "picklistValues")) {
        std::string_view code;
        if (each["value"].get(code) != simdjson::SUCCESS) continue;
        values.push_back({.code = std::string{code},
                          .label = text(each, "label"),
                          .is_default = flag(each, "defaultValue"),
                          .is_active = flag(each, "active"),
                          .valid_for = text(each, "validFor")});
    }
    return values;
}

/// The fields that make up each compound one.
using Parts = std::map<std::string, std::vector<std::string>, std::less<>>;

Parts parts_of(const std::vector<element>& fields) {
    Parts parts;
    for (const element& field : fields) {
        const std::string compound = text(field, "compoundFieldName");
        const std::string name = text(field, "name");
        if (!compound.empty() && compound != name && is_identifier(name)) parts[compound].push_back(name);
    }
    return parts;
}

std::string compound_notice(const std::string& name, const Parts& parts) {
    const auto found = parts.find(name);
    if (found == parts.end()) {
        return "it is not imported: Salesforce gives such a field by its parts, and the user can see none of "
               "them";
    }
    return fmt::format("its parts {} are imported instead", fmt::join(found->second, ", "));
}

FieldSchema field_schema(const element& field, std::string name, const model::Type& type) {
    FieldSchema schema{
        .name = std::move(name), .label = text(field, "label"), .remote_type = text(field, "type")};
    schema.type = type;
    schema.is_createable = flag(field, "createable");
    schema.is_updateable = flag(field, "updateable");
    schema.is_required =
        schema.is_createable && !flag(field, "nillable") && !flag(field, "defaultedOnCreate");
    schema.is_calculated = flag(field, "calculated");
    schema.is_unique = flag(field, "unique") || type.kind == Kind::identifier;
    schema.is_case_sensitive = flag(field, "caseSensitive");
    schema.is_filterable = flag(field, "filterable");
    schema.is_sortable = flag(field, "sortable");
    for (const element& target : elements(field, "referenceTo")) {
        std::string_view object;
        if (target.get(object) == simdjson::SUCCESS) schema.targets.emplace_back(object);
    }
    if (type.kind == Kind::enumeration || type.kind == Kind::enumerations) schema.values = values_of(field);
    schema.controller = text(field, "controllerName");
    return schema;
}

void add_field(ObjectSchema& schema, const element& field, const Parts& parts, std::set<std::string>& seen) {
    std::string name = text(field, "name");
    const std::string remote = text(field, "type");
    const auto notice = [&](std::string instead) {
        schema.notices.push_back(
            {.field = shown(name), .remote_type = shown(remote), .instead = std::move(instead)});
    };
    if (flag(field, "deprecatedAndHidden")) return;
    if (!is_identifier(name)) return notice("it is not imported: its name can't stand in a query");
    if (!seen.insert(name).second) return notice("it is imported once: the describe names it twice");

    const Mapping mapping = mapping_of({.name = remote,
                                        .length = number(field, "length"),
                                        .precision = number(field, "precision"),
                                        .scale = number(field, "scale"),
                                        .digits = number(field, "digits")});
    switch (mapping.outcome) {
        case Outcome::compound:
            return notice(compound_notice(name, parts));
        case Outcome::binary:
            return notice("file content is not imported; its other fields are");
        case Outcome::kept_as_text:
            notice(fmt::format("it is imported as text: type '{}' is not known", shown(remote)));
            break;
        case Outcome::mapped:
            break;
    }
    schema.fields.push_back(field_schema(field, std::move(name), mapping.type));
}

/// The field that tells changes: filterable, or it could not be asked for. [Salesforce: SystemModstamp]
std::string stamp_of(const ObjectSchema& schema) {
    for (const std::string_view name : {"SystemModstamp", "LastModifiedDate", "CreatedDate"}) {
        const auto found = std::ranges::find(schema.fields, name, &FieldSchema::name);
        if (found != schema.fields.end() && found->is_filterable && found->type.kind == Kind::instant) {
            return found->name;
        }
    }
    return {};
}

}  // namespace

Mapping mapping_of(const RemoteType& remote) {
    constexpr std::array<std::string_view, 13> texts = {"string",
                                                        "phone",
                                                        "url",
                                                        "email",
                                                        "textarea",
                                                        "combobox",
                                                        "encryptedstring",
                                                        "datacategorygroupreference",
                                                        "anyType",
                                                        "complexvalue",
                                                        "json",
                                                        "plaintextarea",
                                                        "richtextarea"};
    constexpr std::array<std::pair<std::string_view, Kind>, 7> plain = {{{"boolean", Kind::boolean},
                                                                         {"int", Kind::integer},
                                                                         {"long", Kind::integer},
                                                                         {"date", Kind::date},
                                                                         {"datetime", Kind::instant},
                                                                         {"time", Kind::time},
                                                                         {"id", Kind::identifier}}};
    const auto is = [&](std::string_view name) { return remote.name == name; };
    const auto mapped = [](model::Type type) { return Mapping{.outcome = Outcome::mapped, .type = type}; };

    if (std::ranges::find(texts, remote.name) != texts.end()) {
        return mapped({.kind = Kind::text, .length = remote.length});
    }
    if (is("id")) return mapped({.kind = Kind::identifier, .length = 18});
    if (is("reference")) return mapped({.kind = Kind::reference, .length = 18});
    if (is("picklist")) return mapped({.kind = Kind::enumeration, .length = remote.length});
    if (is("multipicklist")) return mapped({.kind = Kind::enumerations, .length = remote.length});
    if (is("double") || is("currency") || is("percent")) {
        return mapped({.kind = Kind::decimal, .precision = remote.precision, .scale = remote.scale});
    }
    if (is("address") || is("location")) return {.outcome = Outcome::compound, .type = {}};
    if (is("base64")) return {.outcome = Outcome::binary, .type = {}};
    const auto* found = std::ranges::find(plain, remote.name, &std::pair<std::string_view, Kind>::first);
    if (found == plain.end()) {
        return {.outcome = Outcome::kept_as_text, .type = {.kind = Kind::text, .length = remote.length}};
    }
    const int digits = found->second == Kind::integer ? remote.digits : 0;
    return mapped({.kind = found->second, .precision = digits});
}

Result<ObjectSchema> object_schema(std::string_view describe) {
    simdjson::dom::parser parser;
    element root;
    if (const auto failure =
            parser.parse(simdjson::padded_string{describe.data(), describe.size()}).get(root)) {
        return error(ErrorKind::corrupt,
                     fmt::format("the description is not JSON: {}", simdjson::error_message(failure)));
    }
    simdjson::dom::array listed;
    ObjectSchema schema{.name = text(root, "name"), .label = text(root, "label")};
    if (root["fields"].get(listed) != simdjson::SUCCESS || schema.name.empty()) {
        return error(ErrorKind::corrupt,
                     "the answer is no description of an object: it holds no name or no fields");
    }
    if (!is_identifier(schema.name)) {
        return error(ErrorKind::corrupt, "the description names an object that can't stand in a query");
    }
    schema.is_writable = flag(root, "createable") || flag(root, "updateable");
    const std::vector<element> fields = elements(root, "fields");
    const Parts parts = parts_of(fields);
    std::set<std::string> seen;
    for (const element& field : fields) add_field(schema, field, parts, seen);

    const auto is_named = [&](std::string_view name, Kind kind) {
        const auto found = std::ranges::find(schema.fields, name, &FieldSchema::name);
        return found != schema.fields.end() && found->type.kind == kind;
    };
    if (!is_named("Id", Kind::identifier)) {
        return error(
            ErrorKind::unsupported,
            fmt::format("object {} has no field 'Id', so its records can't be told apart", schema.name));
    }
    schema.key = "Id";
    schema.id_prefix = text(root, "keyPrefix");
    schema.stamp = stamp_of(schema);
    if (is_named("IsDeleted", Kind::boolean)) schema.removal_flag = "IsDeleted";
    return schema;
}

Result<std::vector<ObjectSummary>> object_summaries(std::string_view describe_global) {
    simdjson::dom::parser parser;
    element root;
    simdjson::dom::array listed;
    if (parser.parse(simdjson::padded_string{describe_global.data(), describe_global.size()}).get(root) !=
            simdjson::SUCCESS ||
        root["sobjects"].get(listed) != simdjson::SUCCESS) {
        return error(ErrorKind::corrupt, "the list of objects can't be read: the answer holds no 'sobjects'");
    }
    std::vector<ObjectSummary> summaries;
    for (const element& each : elements(root, "sobjects")) {
        std::string name = text(each, "name");
        if (!is_identifier(name) || flag(each, "deprecatedAndHidden")) continue;
        summaries.push_back({.name = std::move(name),
                             .label = text(each, "label"),
                             .is_readable = flag(each, "queryable"),
                             .is_writable = flag(each, "createable") || flag(each, "updateable")});
    }
    return summaries;
}

}  // namespace koppla::salesforce
