#include "sandbox/org/object.h"

#include "sandbox/base64.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {

namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

int number_of(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->get<int>() : 0;
}

bool flag_of(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() && found->get<bool>();
}

/// Of a key that older describes don't have.
bool flag_unless_absent(const json& object, const char* key) {
    return !object.contains(key) || flag_of(object, key);
}

Storage storage_of(std::string_view type) {
    if (type == "boolean") return Storage::boolean;
    if (type == "int" || type == "long") return Storage::integer;
    if (type == "double" || type == "currency" || type == "percent") return Storage::real;
    if (type == "date") return Storage::date;
    if (type == "datetime") return Storage::datetime;
    if (type == "address" || type == "location") return Storage::compound;
    return Storage::text;
}

std::vector<PicklistValue> picklist_of(const json& field) {
    std::vector<PicklistValue> values;
    const auto found = field.find("picklistValues");
    if (found == field.end() || !found->is_array()) return values;
    for (const json& entry : *found) {
        if (!entry.is_object()) continue;
        values.push_back({.value = text_of(entry, "value"),
                          .label = text_of(entry, "label"),
                          .is_active = flag_of(entry, "active"),
                          .is_default = flag_of(entry, "defaultValue"),
                          .valid_for = base64_decode(text_of(entry, "validFor")).value_or("")});
    }
    return values;
}

std::string default_of(const json& field) {
    const auto found = field.find("defaultValue");
    if (found == field.end() || found->is_null()) return {};
    return found->is_string() ? found->get<std::string>() : found->dump();
}

Field field_of(const json& source) {
    Field field{.name = text_of(source, "name"),
                .label = text_of(source, "label"),
                .type = text_of(source, "type"),
                .storage = storage_of(text_of(source, "type")),
                .length = number_of(source, "length"),
                .precision = number_of(source, "precision"),
                .scale = number_of(source, "scale"),
                .digits = number_of(source, "digits"),
                .nillable = flag_of(source, "nillable"),
                .createable = flag_of(source, "createable"),
                .updateable = flag_of(source, "updateable"),
                .filterable = flag_of(source, "filterable"),
                .sortable = flag_of(source, "sortable"),
                .groupable = flag_unless_absent(source, "groupable"),
                .aggregatable = flag_unless_absent(source, "aggregatable"),
                .id_lookup = flag_of(source, "idLookup"),
                .external_id = flag_of(source, "externalId"),
                .unique = flag_of(source, "unique"),
                .case_sensitive = flag_of(source, "caseSensitive"),
                .defaulted_on_create = flag_of(source, "defaultedOnCreate"),
                .restricted_picklist = flag_of(source, "restrictedPicklist"),
                .name_field = flag_of(source, "nameField"),
                .auto_number = flag_of(source, "autoNumber"),
                .default_value = default_of(source),
                .picklist = picklist_of(source),
                .controller = text_of(source, "controllerName"),
                .reference_to = {},
                .relationship_name = text_of(source, "relationshipName"),
                .compound_name = text_of(source, "compoundFieldName")};
    if (const auto targets = source.find("referenceTo"); targets != source.end() && targets->is_array()) {
        for (const json& target : *targets) {
            if (target.is_string()) field.reference_to.push_back(target.get<std::string>());
        }
    }
    if (field.compound_name == field.name) field.compound_name.clear();
    return field;
}

std::vector<ChildLink> children_of(const json& describe) {
    std::vector<ChildLink> links;
    const auto listed = describe.find("childRelationships");
    if (listed == describe.end() || !listed->is_array()) return links;
    for (const json& entry : *listed) {
        if (!entry.is_object()) continue;
        ChildLink link{.object = text_of(entry, "childSObject"),
                       .field = text_of(entry, "field"),
                       .relationship = text_of(entry, "relationshipName")};
        if (!link.relationship.empty()) links.push_back(std::move(link));
    }
    return links;
}

std::vector<RecordType> record_types_of(const json& describe) {
    std::vector<RecordType> types;
    const auto listed = describe.find("recordTypeInfos");
    if (listed == describe.end() || !listed->is_array()) return types;
    for (const json& entry : *listed) {
        if (!entry.is_object()) continue;
        types.push_back({.id = text_of(entry, "recordTypeId"),
                         .name = text_of(entry, "name"),
                         .is_available = flag_of(entry, "available"),
                         .is_default = flag_of(entry, "defaultRecordTypeMapping"),
                         .is_master = flag_of(entry, "master")});
    }
    return types;
}

/// Keys of a describe that are not part of its entry in describeGlobal.
bool is_describe_only(const std::string& key) {
    static constexpr std::array<std::string_view, 16> only{"actionOverrides",
                                                           "childRelationships",
                                                           "compactLayoutable",
                                                           "defaultImplementation",
                                                           "extendedBy",
                                                           "extendsInterfaces",
                                                           "fields",
                                                           "implementedBy",
                                                           "implementsInterfaces",
                                                           "listviewable",
                                                           "lookupLayoutable",
                                                           "namedLayoutInfos",
                                                           "networkScopeFieldName",
                                                           "recordTypeInfos",
                                                           "searchLayoutable",
                                                           "supportedScopes"};
    return key == "sobjectDescribeOption" || std::find(only.begin(), only.end(), key) != only.end();
}

/// A prefix for objects whose describe has none: rows need ids all the same.
std::string invented_prefix(std::string_view name) {
    std::uint32_t hash = 2166136261U;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return {'z', digits[hash % digits.size()], digits[(hash / digits.size()) % digits.size()]};
}

}  // namespace

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

Result<Object> Object::from_describe(std::string describe_json, std::int64_t last_modified_ms) {
    const json source = json::parse(describe_json, nullptr, false);
    if (!source.is_object()) return error(ErrorKind::corrupt, "the describe is not a JSON object");
    const auto fields = source.find("fields");
    Object object;
    object.name_ = text_of(source, "name");
    if (object.name_.empty() || fields == source.end() || !fields->is_array()) {
        return error(ErrorKind::corrupt, "the describe has no name or no fields");
    }
    object.label_ = text_of(source, "label");
    object.key_prefix_ = text_of(source, "keyPrefix");
    if (object.key_prefix_.size() != 3) object.key_prefix_ = invented_prefix(object.name_);
    object.children_ = children_of(source);
    object.record_types_ = record_types_of(source);
    object.createable_ = flag_of(source, "createable");
    object.updateable_ = flag_of(source, "updateable");
    object.deletable_ = flag_of(source, "deletable");
    object.queryable_ = flag_of(source, "queryable");
    object.last_modified_ms_ = last_modified_ms;
    for (const json& entry : *fields) {
        Field field = entry.is_object() ? field_of(entry) : Field{};
        if (field.name.empty() || field.type.empty()) {
            return error(ErrorKind::corrupt,
                         object.name_ + ": the describe has a field without name or type");
        }
        const std::size_t place = object.fields_.size();
        if (!object.by_name_.emplace(lower_case(field.name), place).second) {
            return error(ErrorKind::corrupt, object.name_ + ": the describe has two fields " + field.name);
        }
        if (!field.relationship_name.empty()) {
            object.by_relationship_.emplace(lower_case(field.relationship_name), place);
        }
        object.fields_.push_back(std::move(field));
    }
    if (!object.has("Id")) return error(ErrorKind::corrupt, object.name_ + ": the describe has no field Id");
    json entry = json::object();
    for (const auto& [key, value] : source.items()) {
        if (!is_describe_only(key)) entry[key] = value;
    }
    object.global_json_ = entry.dump();
    object.describe_json_ = std::move(describe_json);
    return object;
}

bool PicklistValue::is_valid_for(std::size_t place) const {
    return place / 8 < valid_for.size() &&
           ((std::uint32_t{static_cast<unsigned char>(valid_for[place / 8])} << (place % 8)) & 0x80U) != 0;
}

bool RecordType::allows(const std::string& picklist, std::string_view value) const {
    const auto limited = only.find(picklist);
    return limited == only.end() || std::ranges::find(limited->second, value) != limited->second.end();
}

const RecordType* Object::record_type(std::string_view id) const {
    const auto found = std::ranges::find_if(
        record_types_, [&](const RecordType& type) { return id.empty() ? type.is_default : type.id == id; });
    return found == record_types_.end() ? nullptr : &*found;
}

void Object::limit(std::string_view record_type, Limits limits) {
    const auto found = std::ranges::find(record_types_, record_type, &RecordType::id);
    if (found != record_types_.end()) found->only = std::move(limits);
}

const Field* Object::find(std::string_view field) const {
    const auto found = by_name_.find(lower_case(field));
    return found == by_name_.end() ? nullptr : &fields_[found->second];
}

const Field* Object::find_relationship(std::string_view relationship) const {
    const auto found = by_relationship_.find(lower_case(relationship));
    return found == by_relationship_.end() ? nullptr : &fields_[found->second];
}

const ChildLink* Object::find_children(std::string_view relationship) const {
    const std::string wanted = lower_case(relationship);
    const auto found = std::find_if(children_.begin(), children_.end(), [&](const ChildLink& link) {
        return lower_case(link.relationship) == wanted;
    });
    return found == children_.end() ? nullptr : &*found;
}

std::vector<const Field*> Object::parts_of(const Field& compound) const {
    std::vector<const Field*> parts;
    for (const Field& field : fields_) {
        if (field.compound_name == compound.name) parts.push_back(&field);
    }
    return parts;
}

}  // namespace koppla::sandbox
