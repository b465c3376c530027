#pragma once

#include "base/result.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace koppla::sandbox {

/// How a field's value lies in the state and on the wire. `compound` fields have no value of their own.
enum class Storage : std::uint8_t { text, boolean, integer, real, date, datetime, compound };

struct PicklistValue {
    std::string value;
    std::string label;
    bool is_active = true;
    bool is_default = false;
    std::string valid_for{};  ///< of a dependent picklist: a bit for each value of its controller

    /// Whether the controller's value at this place allows it. [Salesforce: SOAP API, PicklistEntry]
    [[nodiscard]] bool is_valid_for(std::size_t place) const;
};

/// One field of a describe, as far as the sandbox acts on it. Names are in their canonical case.
struct Field {
    std::string name;
    std::string label;
    std::string type;  ///< the vendor's: "string", "reference", "currency" …
    Storage storage = Storage::text;
    int length = 0;  ///< characters; 0 where the type has none
    int precision = 0;
    int scale = 0;
    int digits = 0;
    bool nillable = true;
    bool createable = true;
    bool updateable = true;
    bool filterable = true;
    bool sortable = true;
    bool groupable = true;
    bool aggregatable = true;
    bool id_lookup = false;
    bool external_id = false;
    bool unique = false;
    bool case_sensitive = false;
    bool defaulted_on_create = false;
    bool restricted_picklist = false;
    bool name_field = false;
    bool auto_number = false;
    std::string default_value;  ///< canonical text, or empty
    std::vector<PicklistValue> picklist;
    std::string controller;  ///< the field that a dependent picklist depends on, or empty
    std::vector<std::string> reference_to;
    std::string relationship_name;  ///< empty: the reference can't be followed in SOQL
    std::string compound_name;      ///< the compound this is a part of, or empty

    /// Must be given on create.
    [[nodiscard]] bool is_required() const { return createable && !nillable && !defaulted_on_create; }
    [[nodiscard]] bool is_compound() const { return storage == Storage::compound; }
    [[nodiscard]] bool is_reference() const { return type == "reference"; }
    [[nodiscard]] bool is_id() const { return type == "id" || type == "reference"; }
};

/// The way back from an object to those whose field points to it.
struct ChildLink {
    std::string object;
    std::string field;
    std::string relationship;  ///< never empty
};

/// Of some picklists, by name: the values that a record type allows.
using Limits = std::map<std::string, std::vector<std::string>>;

/// A kind of an object's records. [Salesforce: describeSObjectResult, RecordTypeInfo]
struct RecordType {
    std::string id;
    std::string name;
    bool is_available = false;
    bool is_default = false;
    bool is_master = false;
    Limits only{};

    [[nodiscard]] bool allows(const std::string& picklist, std::string_view value) const;
};

/// An object of the org: its describe, and what the sandbox reads out of it. A value; does not change.
class Object {
  public:
    /// Reads a describe as the API answers it; the text is kept as it is. [Salesforce: REST, sObject
    /// Describe]
    static Result<Object> from_describe(std::string describe_json, std::int64_t last_modified_ms);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& label() const { return label_; }
    /// Three characters; never empty, even where the describe has none.
    [[nodiscard]] const std::string& key_prefix() const { return key_prefix_; }
    [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }
    [[nodiscard]] const std::string& describe_json() const { return describe_json_; }
    /// The part of the describe that describeGlobal and the basic info print.
    [[nodiscard]] const std::string& global_json() const { return global_json_; }
    /// When the metadata last changed, milliseconds since 1970.
    [[nodiscard]] std::int64_t last_modified_ms() const { return last_modified_ms_; }
    /// The same object, its metadata changed at another time.
    [[nodiscard]] Object modified_at(std::int64_t unix_milliseconds) const {
        Object object = *this;
        object.last_modified_ms_ = unix_milliseconds;
        return object;
    }
    [[nodiscard]] bool is_createable() const { return createable_; }
    [[nodiscard]] bool is_updateable() const { return updateable_; }
    [[nodiscard]] bool is_deletable() const { return deletable_; }
    [[nodiscard]] bool is_queryable() const { return queryable_; }

    [[nodiscard]] const std::vector<RecordType>& record_types() const { return record_types_; }
    /// Without an id the default one; null where there is none.
    [[nodiscard]] const RecordType* record_type(std::string_view id) const;
    /// What a record type allows, which describes don't say; nothing where there is no such record type.
    void limit(std::string_view record_type, Limits limits);

    /// Case-insensitive.
    [[nodiscard]] const Field* find(std::string_view field) const;
    /// The reference whose `relationship_name` this is; case-insensitive.
    [[nodiscard]] const Field* find_relationship(std::string_view relationship) const;
    /// Case-insensitive.
    [[nodiscard]] const ChildLink* find_children(std::string_view relationship) const;
    [[nodiscard]] bool has(std::string_view field) const { return find(field) != nullptr; }
    /// The parts of a compound, in the describe's order.
    [[nodiscard]] std::vector<const Field*> parts_of(const Field& compound) const;

  private:
    std::string name_;
    std::string label_;
    std::string key_prefix_;
    std::vector<Field> fields_;
    std::vector<ChildLink> children_;
    std::vector<RecordType> record_types_;
    std::string describe_json_;
    std::string global_json_;
    std::int64_t last_modified_ms_ = 0;
    bool createable_ = true;
    bool updateable_ = true;
    bool deletable_ = true;
    bool queryable_ = true;
    std::unordered_map<std::string, std::size_t> by_name_;          ///< lower case
    std::unordered_map<std::string, std::size_t> by_relationship_;  ///< lower case
};

/// ASCII lower case: how names are compared.
std::string lower_case(std::string_view text);

}  // namespace koppla::sandbox
