#include "model/schema.h"

#include "base/ascii.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::model {

namespace {

using nlohmann::json;

json to_document(const FieldSchema& field) {
    json document = {{"name", field.name},
                     {"wire_name", field.wire_name},
                     {"label", field.label},
                     {"remote_type", field.remote_type},
                     {"kind", name(field.type.kind)},
                     {"length", field.type.length},
                     {"precision", field.type.precision},
                     {"scale", field.type.scale},
                     {"required", field.is_required},
                     {"createable", field.is_createable},
                     {"updateable", field.is_updateable},
                     {"calculated", field.is_calculated},
                     {"unique", field.is_unique},
                     {"case_sensitive", field.is_case_sensitive},
                     {"filterable", field.is_filterable},
                     {"sortable", field.is_sortable},
                     {"targets", field.targets},
                     {"controller", field.controller},
                     {"column", field.column},
                     {"parked", field.is_parked},
                     {"values", json::array()}};
    for (const EnumerationValue& value : field.values) {
        document["values"].push_back({{"code", value.code},
                                      {"label", value.label},
                                      {"default", value.is_default},
                                      {"active", value.is_active},
                                      {"valid_for", value.valid_for}});
    }
    return document;
}

FieldSchema field_of(const json& document) {
    FieldSchema field;
    field.name = document.at("name");
    field.wire_name = document.value("wire_name", "");
    field.label = document.at("label");
    field.remote_type = document.at("remote_type");
    field.type = Type{.kind = kind_named(document.at("kind").get<std::string>()),
                      .length = document.at("length"),
                      .precision = document.at("precision"),
                      .scale = document.at("scale")};
    field.is_required = document.at("required");
    field.is_createable = document.at("createable");
    field.is_updateable = document.at("updateable");
    field.is_calculated = document.at("calculated");
    field.is_unique = document.at("unique");
    field.is_case_sensitive = document.value("case_sensitive", false);
    field.is_filterable = document.at("filterable");
    field.is_sortable = document.at("sortable");
    field.targets = document.at("targets").get<std::vector<std::string>>();
    field.controller = document.at("controller");
    field.column = document.at("column");
    field.is_parked = document.value("parked", false);
    for (const json& value : document.at("values")) {
        field.values.push_back({.code = value.at("code"),
                                .label = value.at("label"),
                                .is_default = value.at("default"),
                                .is_active = value.at("active"),
                                .valid_for = value.at("valid_for")});
    }
    return field;
}

}  // namespace

const FieldSchema* ObjectSchema::find(std::string_view field_name) const {
    const auto found = std::ranges::find_if(
        fields, [&](const FieldSchema& field) { return equal_without_case(field.name, field_name); });
    return found == fields.end() ? nullptr : &*found;
}

std::string to_json(const ObjectSchema& schema) {
    json document = {{"name", schema.name},
                     {"wire_name", schema.wire_name},
                     {"label", schema.label},
                     {"key", schema.key},
                     {"id_prefix", schema.id_prefix},
                     {"stamp", schema.stamp},
                     {"removal_flag", schema.removal_flag},
                     {"writable", schema.is_writable},
                     {"feed", schema.has_feed},
                     {"version", schema.version},
                     {"local_table", schema.local_table},
                     {"left_out", schema.left_out},
                     {"takes_new_fields", schema.takes_new_fields},
                     {"fields", json::array()},
                     {"notices", json::array()}};
    if (schema.hidden) document["hidden"] = *schema.hidden;
    for (const FieldSchema& field : schema.fields) document["fields"].push_back(to_document(field));
    for (const MappingNotice& notice : schema.notices) {
        document["notices"].push_back(
            {{"field", notice.field}, {"remote_type", notice.remote_type}, {"instead", notice.instead}});
    }
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<ObjectSchema> object_schema_from_json(std::string_view text) {
    try {
        const json document = json::parse(text);
        ObjectSchema schema;
        schema.name = document.at("name");
        schema.wire_name = document.value("wire_name", "");
        schema.has_feed = document.value("feed", false);
        schema.label = document.at("label");
        schema.key = document.at("key");
        schema.id_prefix = document.value("id_prefix", "");
        schema.stamp = document.at("stamp");
        schema.removal_flag = document.at("removal_flag");
        schema.is_writable = document.at("writable");
        schema.version = document.at("version");
        schema.local_table = document.at("local_table");
        schema.takes_new_fields = document.value("takes_new_fields", true);
        schema.left_out = document.value("left_out", std::vector<std::string>{});
        if (document.contains("hidden")) schema.hidden = document["hidden"].get<std::vector<std::string>>();
        for (const json& field : document.at("fields")) schema.fields.push_back(field_of(field));
        for (const json& notice : document.at("notices")) {
            schema.notices.push_back({.field = notice.at("field"),
                                      .remote_type = notice.at("remote_type"),
                                      .instead = notice.at("instead")});
        }
        return schema;
    } catch (const json::exception& e) {
        return error(ErrorKind::corrupt, fmt::format("the recorded schema can't be read: {}", e.what()));
    }
}

std::string local_name(std::string_view remote_name) {
    std::string result;
    for (const char c : remote_name) {
        const bool fits = (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
        result.push_back(fits ? lower(c) : '_');
    }
    if (result.empty() || (result.front() >= '0' && result.front() <= '9')) result.insert(0, "_");
    return result;
}

}  // namespace koppla::model
