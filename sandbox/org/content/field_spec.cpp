#include "sandbox/org/content/field_spec.h"

#include "sandbox/base64.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view resources = "/services/data/v68.0/sobjects/";

bool is_long(const FieldSpec& field) {
    return field.type == "textarea" && field.length > 255;
}
bool is_number(const FieldSpec& field) {
    return field.type == "double" || field.type == "currency" || field.type == "percent";
}
bool is_compound(const FieldSpec& field) {
    return field.type == "address" || field.type == "location";
}

std::string soap_type(const FieldSpec& field) {
    if (field.type == "id" || field.type == "reference") return "tns:ID";
    if (field.type == "boolean") return "xsd:boolean";
    if (field.type == "int") return "xsd:int";
    if (is_number(field)) return "xsd:double";
    if (field.type == "date") return "xsd:date";
    if (field.type == "datetime") return "xsd:dateTime";
    if (field.type == "time") return "xsd:time";
    if (field.type == "base64") return "xsd:base64Binary";
    if (is_compound(field)) return "urn:" + field.type;
    return "xsd:string";
}

/// A bit for each of the controller's values, the highest first, in whole groups of three bytes. [Salesforce:
/// SOAP API, DescribeSObjectResult, PicklistEntry]
Json valid_for_json(const FieldSpec& field, std::size_t place) {
    if (place >= field.valid_for.size()) return nullptr;
    std::string bits(3, '\0');
    for (const std::size_t n : field.valid_for[place]) {
        while (n / 8 >= bits.size()) bits.append(3, '\0');
        bits[n / 8] = static_cast<char>(static_cast<unsigned char>(bits[n / 8]) | (0x80U >> (n % 8)));
    }
    return base64_encode(bits);
}

Json picklist_json(const FieldSpec& field) {
    Json values = Json::array();
    for (std::size_t place = 0; place < field.values.size(); ++place) {
        const std::string& value = field.values[place];
        values.push_back({{"active", true},
                          {"defaultValue", value == field.default_value},
                          {"label", value},
                          {"validFor", valid_for_json(field, place)},
                          {"value", value}});
    }
    return values;
}

Json default_json(const FieldSpec& field) {
    if (field.type == "boolean") return field.default_value == "true";
    if (field.default_value.empty()) return nullptr;
    return field.default_value;
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

Json field_json(const FieldSpec& field) {
    const bool is_secret = field.type == "encryptedstring";
    const bool is_plain = !is_long(field) && !is_compound(field) && !is_secret && field.type != "base64";
    const bool is_text = field.length > 0 && field.type != "id" && field.type != "reference";
    const bool is_multiple = field.type == "multipicklist";
    const bool can_group = is_plain && !is_multiple && !is_number(field) && field.type != "datetime";
    return {{"aggregatable", is_plain && !is_multiple && field.type != "boolean"},
            {"aiPredictionField", false},
            {"autoNumber", field.auto_number},
            {"byteLength", is_text ? field.length * 3 : field.length},
            {"calculated", field.calculated},
            {"calculatedFormula", text_or_null(field.formula)},
            {"cascadeDelete", false},
            {"caseSensitive", false},
            {"compoundFieldName", text_or_null(field.compound)},
            {"controllerName", text_or_null(field.controller)},
            {"createable", field.createable},
            {"custom", field.name.ends_with("__c") || field.name.ends_with("__s")},
            {"defaultValue", default_json(field)},
            {"defaultValueFormula", nullptr},
            {"defaultedOnCreate", field.defaulted_on_create},
            {"dependentPicklist", !field.controller.empty()},
            {"deprecatedAndHidden", false},
            {"digits", field.digits},
            {"displayLocationInDecimal", field.type == "location"},
            {"encrypted", false},
            {"externalId", field.external_id},
            {"extraTypeInfo", is_long(field) ? Json("plaintextarea") : Json(nullptr)},
            {"filterable", is_plain},
            {"filteredLookupInfo", nullptr},
            {"formulaTreatNullNumberAsZero", false},
            {"groupable", can_group},
            {"highScaleNumber", false},
            {"htmlFormatted", false},
            {"idLookup", field.id_lookup},
            {"inlineHelpText", nullptr},
            {"label", field.label},
            {"length", field.length},
            {"mask", is_secret ? Json("asterisk") : Json(nullptr)},
            {"maskType", is_secret ? Json("lastFour") : Json(nullptr)},
            {"name", field.name},
            {"nameField", field.name_field},
            {"namePointing", field.reference_to.size() > 1},
            {"nillable", field.nillable},
            {"permissionable", field.nillable && field.createable},
            {"picklistValues", picklist_json(field)},
            {"polymorphicForeignKey", field.reference_to.size() > 1},
            {"precision", field.precision},
            {"queryByDistance", is_compound(field)},
            {"referenceTargetField", nullptr},
            {"referenceTo", field.reference_to},
            {"relationshipName", text_or_null(field.relationship)},
            {"relationshipOrder", nullptr},
            {"restrictedDelete", false},
            {"restrictedPicklist", field.restricted},
            {"scale", field.scale},
            {"searchPrefilterable", field.type == "reference"},
            {"soapType", soap_type(field)},
            {"sortable", is_plain && !is_multiple},
            {"type", field.type},
            {"unique", field.external_id},
            {"updateable", field.updateable},
            {"writeRequiresMasterRead", false}};
}

/// The references of all objects that point to this one.
Json children_json(const ObjectSpec& parent, const std::vector<ObjectSpec>& objects) {
    Json children = Json::array();
    for (const ObjectSpec& object : objects) {
        for (const FieldSpec& field : object.fields) {
            for (const std::string& target : field.reference_to) {
                if (target != parent.name) continue;
                children.push_back({{"cascadeDelete", false},
                                    {"childSObject", object.name},
                                    {"deprecatedAndHidden", false},
                                    {"field", field.name},
                                    {"junctionIdListNames", Json::array()},
                                    {"junctionReferenceTo", Json::array()},
                                    {"relationshipName", text_or_null(field.child_relationship)},
                                    {"restrictedDelete", false}});
            }
        }
    }
    return children;
}

Json record_types_json(const ObjectSpec& object, const std::string& url) {
    Json infos = Json::array();
    const auto add = [&](std::string_view id, std::string_view name, bool is_default) {
        infos.push_back({{"active", true},
                         {"available", true},
                         {"defaultRecordTypeMapping", is_default},
                         {"developerName", name},
                         {"master", name == "Master"},
                         {"name", name},
                         {"recordTypeId", id},
                         {"urls", {{"layout", url + "/describe/layouts/" + std::string{id}}}}});
    };
    for (std::size_t i = 0; i < object.record_types.size(); ++i) {
        add(object.record_types[i].id, object.record_types[i].name, i == 0);
    }
    add("012000000000000AAA", "Master", object.record_types.empty());
    return infos;
}

Json object_json(const ObjectSpec& object, const std::vector<ObjectSpec>& objects) {
    const bool is_record = !object.is_setup;
    const std::string url = std::string{resources} + object.name;
    Json fields = Json::array();
    for (const FieldSpec& field : object.fields) fields.push_back(field_json(field));
    return {
        {"actionOverrides", Json::array()},
        {"activateable", false},
        {"associateEntityType", nullptr},
        {"associateParentEntity", nullptr},
        {"childRelationships", children_json(object, objects)},
        {"compactLayoutable", is_record},
        {"createable", is_record || object.name == "User"},
        {"custom", object.name.ends_with("__c")},
        {"customSetting", false},
        {"deepCloneable", false},
        {"defaultImplementation", nullptr},
        {"deletable", is_record},
        {"deprecatedAndHidden", false},
        {"extendedBy", nullptr},
        {"extendsInterfaces", nullptr},
        {"feedEnabled", is_record},
        {"fields", fields},
        {"hasSubtypes", false},
        {"implementedBy", nullptr},
        {"implementsInterfaces", nullptr},
        {"isInterface", false},
        {"isSubtype", false},
        {"keyPrefix", object.key_prefix},
        {"label", object.label},
        {"labelPlural", object.label_plural},
        {"layoutable", true},
        {"listviewable", nullptr},
        {"lookupLayoutable", nullptr},
        {"mergeable", object.name == "Account" || object.name == "Contact" || object.name == "Lead"},
        {"mruEnabled", is_record},
        {"name", object.name},
        {"namedLayoutInfos", Json::array()},
        {"networkScopeFieldName", nullptr},
        {"queryable", true},
        {"recordTypeInfos", record_types_json(object, url)},
        {"replicateable", object.name != "Organization"},
        {"retrieveable", true},
        {"searchLayoutable", true},
        {"searchable", object.name != "Organization"},
        {"sobjectDescribeOption", "FULL"},
        {"supportedScopes", Json::array({{{"label", "All " + object.label_plural}, {"name", "everything"}}})},
        {"triggerable", object.name != "Organization"},
        {"undeletable", is_record},
        {"updateable", true},
        {"urls", {{"rowTemplate", url + "/{ID}"}, {"describe", url + "/describe"}, {"sobject", url}}}};
}

}  // namespace

FieldSpec FieldSpec::required() const {
    FieldSpec field = *this;
    field.nillable = false;
    return field;
}

FieldSpec FieldSpec::read_only() const {
    FieldSpec field = *this;
    field.createable = field.updateable = false;
    return field;
}

FieldSpec FieldSpec::defaulted(std::string_view value) const {
    FieldSpec field = *this;
    field.nillable = false;
    field.defaulted_on_create = true;
    field.default_value = value;
    return field;
}

FieldSpec FieldSpec::part_of(std::string_view compound_name) const {
    FieldSpec field = *this;
    field.compound = compound_name;
    return field;
}

FieldSpec FieldSpec::key() const {
    FieldSpec field = *this;
    field.external_id = field.id_lookup = true;
    return field;
}

FieldSpec FieldSpec::lookup() const {
    FieldSpec field = *this;
    field.id_lookup = true;
    return field;
}

FieldSpec FieldSpec::title() const {
    FieldSpec field = *this;
    field.name_field = true;
    return field;
}

FieldSpec FieldSpec::numbered() const {
    FieldSpec field = defaulted();
    field.auto_number = field.id_lookup = true;
    field.createable = field.updateable = false;
    return field;
}

FieldSpec FieldSpec::closed() const {
    FieldSpec field = *this;
    field.restricted = true;
    return field;
}

FieldSpec FieldSpec::depends_on(std::string_view picklist,
                                std::vector<std::vector<std::size_t>> allowing) const {
    FieldSpec field = *this;
    field.controller = picklist;
    field.valid_for = std::move(allowing);
    return field;
}

FieldSpec FieldSpec::from_formula(std::string_view text) const {
    FieldSpec field = read_only();
    field.calculated = true;
    field.formula = text;
    return field;
}

FieldSpec FieldSpec::rolled_up() const {
    return from_formula({});
}

FieldSpec FieldSpec::children(std::string_view relationship_name) const {
    FieldSpec field = *this;
    field.child_relationship = relationship_name;
    return field;
}

FieldSpec typed(std::string_view type, std::string_view name, std::string_view label, int length) {
    return FieldSpec{
        .name = std::string{name}, .label = std::string{label}, .type = std::string{type}, .length = length};
}

FieldSpec text(std::string_view name, std::string_view label, int length) {
    return typed("string", name, label, length);
}

FieldSpec long_text(std::string_view name, std::string_view label) {
    return typed("textarea", name, label, 32000);
}

FieldSpec flag(std::string_view name, std::string_view label) {
    return typed("boolean", name, label).defaulted("false");
}

FieldSpec number(std::string_view type, std::string_view name, std::string_view label, int precision,
                 int scale) {
    FieldSpec field = typed(type, name, label);
    field.precision = precision;
    field.scale = scale;
    return field;
}

FieldSpec whole(std::string_view name, std::string_view label) {
    FieldSpec field = typed("int", name, label);
    field.digits = 8;
    return field;
}

FieldSpec picklist(std::string_view name, std::string_view label, std::initializer_list<const char*> values) {
    FieldSpec field = typed("picklist", name, label, 255);
    field.values.assign(values.begin(), values.end());
    return field;
}

FieldSpec multipicklist(std::string_view name, std::string_view label,
                        std::initializer_list<const char*> values) {
    FieldSpec field = picklist(name, label, values);
    field.type = "multipicklist";
    field.length = 4099;
    return field;
}

FieldSpec link(std::string_view name, std::string_view label, std::initializer_list<const char*> targets,
               std::string_view relationship) {
    FieldSpec field = typed("reference", name, label, 18);
    field.reference_to.assign(targets.begin(), targets.end());
    field.relationship = relationship;
    return field;
}

std::vector<FieldSpec> address(std::string_view prefix, std::string_view label) {
    const std::string front{prefix};
    const std::string words = label.empty() ? std::string{} : std::string{label} + " ";
    const std::string whole_name = front + "Address";
    std::vector<FieldSpec> fields{typed("textarea", front + "Street", words + "Street", 255),
                                  text(front + "City", words + "City", 40),
                                  text(front + "State", words + "State/Province", 80),
                                  text(front + "PostalCode", words + "Zip/Postal Code", 20),
                                  text(front + "Country", words + "Country", 80),
                                  number("double", front + "Latitude", words + "Latitude", 18, 15),
                                  number("double", front + "Longitude", words + "Longitude", 18, 15),
                                  picklist(front + "GeocodeAccuracy", words + "Geocode Accuracy",
                                           {"Address", "NearAddress", "Block", "Street", "ExtendedZip", "Zip",
                                            "Neighborhood", "City", "County", "State", "Unknown"})
                                      .closed()};
    for (FieldSpec& field : fields) field = field.part_of(whole_name);
    fields.push_back(typed("address", whole_name, words + "Address").read_only());
    return fields;
}

std::vector<std::string> describe_json(const std::vector<ObjectSpec>& objects) {
    std::vector<std::string> texts;
    texts.reserve(objects.size());
    for (const ObjectSpec& object : objects) texts.push_back(object_json(object, objects).dump());
    return texts;
}

}  // namespace koppla::sandbox
