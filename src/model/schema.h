#pragma once

#include "base/result.h"
#include "model/type.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::model {

/// One allowed value of an enumeration, in the CRM's order.
struct EnumerationValue {
    std::string code;
    std::string label;
    bool is_default = false;
    bool is_active = true;
    std::string valid_for;  ///< which controlling values it goes with, as the CRM encodes it; or empty
    bool operator==(const EnumerationValue&) const = default;
};

/// A field of a remote object, and the local column it has.
struct FieldSchema {
    std::string name;       ///< the CRM's internal name, its own case
    std::string wire_name;  ///< how records name its value, where that is another; or empty
    std::string label;
    std::string remote_type;  ///< the CRM's word for its type
    Type type;
    bool is_required = false;  ///< on creation, by a writer
    bool is_createable = false;
    bool is_updateable = false;
    bool is_calculated = false;
    bool is_unique = false;
    bool is_case_sensitive = false;  ///< of a unique text: values that differ in case alone are two
    bool is_filterable = true;
    bool is_sortable = true;
    std::vector<std::string> targets;      ///< objects that a reference may point to
    std::vector<EnumerationValue> values;  ///< of an enumeration
    std::string controller;                ///< the field that restricts the values, or empty
    std::string column;                    ///< local name; empty until tables are made
    bool is_parked = false;  ///< the CRM doesn't offer it any more: its column stays, and isn't imported to
    bool operator==(const FieldSchema&) const = default;
};

/// A field that isn't mapped as it is: what it is and what is done instead.
struct MappingNotice {
    std::string field;
    std::string remote_type;
    std::string instead;
    bool operator==(const MappingNotice&) const = default;
};

/// A remote object as the platform records it.
struct ObjectSchema {
    std::string name;
    std::string wire_name;  ///< how requests name the object, where that is another; or empty
    std::string label;
    std::string key;           ///< the field that identifies a record
    std::string id_prefix{};   ///< what its records' identifiers begin with, and no other object's; or empty
    std::string stamp;         ///< the field that tells changes: the automatic index; or empty
    std::string removal_flag;  ///< the boolean field that marks a deleted record, or empty
    bool is_writable = false;
    bool has_feed = false;  ///< the CRM keeps a feed of the object's changes and deletions
    std::vector<FieldSchema> fields;
    std::vector<MappingNotice> notices;
    std::vector<std::string> left_out;  ///< fields that a person didn't choose
    /// Of the fields that vanished, those that exist and are hidden from the account's user; nothing: not
    /// known.
    std::optional<std::vector<std::string>> hidden;
    bool takes_new_fields = true;  ///< what the CRM adds comes along; not where fields were named one by one
    std::string version;           ///< of the CRM's description, to ask whether it has changed; or empty
    std::string local_table;       ///< empty until tables are made
    bool operator==(const ObjectSchema&) const = default;

    [[nodiscard]] const FieldSchema* find(std::string_view field_name) const;  ///< case-insensitive
};

/// JSON both ways; the form in which schemas are recorded and exported.
std::string to_json(const ObjectSchema& schema);
Result<ObjectSchema> object_schema_from_json(std::string_view json);

/// Column and table names: lower case, what isn't [a-z0-9_] becomes '_', never empty, never a digit first.
std::string local_name(std::string_view remote_name);

}  // namespace koppla::model
