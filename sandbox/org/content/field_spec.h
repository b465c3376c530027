#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox {

/// A field of one of our own objects in short form: what differs from the vendor's usual attributes of its
/// type. `describe_json` writes the rest.
struct FieldSpec {
    std::string name;
    std::string label;
    std::string type;
    int length = 0;
    int precision = 0;
    int scale = 0;
    int digits = 0;
    bool nillable = true;
    bool createable = true;
    bool updateable = true;
    bool defaulted_on_create = false;
    bool external_id = false;
    bool id_lookup = false;
    bool name_field = false;
    bool auto_number = false;
    bool restricted = false;
    std::string default_value{};
    std::string compound{};
    std::vector<std::string> values{};                  ///< picklist
    std::string controller{};                           ///< the picklist that this one depends on, or empty
    std::vector<std::vector<std::size_t>> valid_for{};  ///< of each value: the controller's, by their places
    bool calculated = false;
    std::string formula{};  ///< of a calculated field; empty: a roll-up
    std::vector<std::string> reference_to{};
    std::string relationship{};
    std::string child_relationship{};  ///< how the target names the way back, or empty

    [[nodiscard]] FieldSpec required() const;
    [[nodiscard]] FieldSpec read_only() const;
    [[nodiscard]] FieldSpec defaulted(
        std::string_view value = {}) const;  ///< never null; filled by the server
    [[nodiscard]] FieldSpec part_of(std::string_view compound_name) const;
    [[nodiscard]] FieldSpec key() const;     ///< External Id, unique
    [[nodiscard]] FieldSpec lookup() const;  ///< usable as a key, though not unique
    [[nodiscard]] FieldSpec title() const;   ///< the name of the record
    [[nodiscard]] FieldSpec numbered() const;
    [[nodiscard]] FieldSpec closed() const;  ///< a picklist that takes no other values
    /// Each value with the places of the controller's values that allow it.
    [[nodiscard]] FieldSpec depends_on(std::string_view picklist,
                                       std::vector<std::vector<std::size_t>> allowing) const;
    [[nodiscard]] FieldSpec from_formula(std::string_view text) const;
    [[nodiscard]] FieldSpec rolled_up() const;
    [[nodiscard]] FieldSpec children(std::string_view relationship_name) const;
};

FieldSpec text(std::string_view name, std::string_view label, int length);
FieldSpec typed(std::string_view type, std::string_view name, std::string_view label, int length = 0);
FieldSpec long_text(std::string_view name, std::string_view label);
FieldSpec flag(std::string_view name, std::string_view label);
FieldSpec number(std::string_view type, std::string_view name, std::string_view label, int precision,
                 int scale);
FieldSpec whole(std::string_view name, std::string_view label);
FieldSpec multipicklist(std::string_view name, std::string_view label,
                        std::initializer_list<const char*> values);
FieldSpec picklist(std::string_view name, std::string_view label, std::initializer_list<const char*> values);
FieldSpec link(std::string_view name, std::string_view label, std::initializer_list<const char*> targets,
               std::string_view relationship);

/// A street address: eight parts and their compound ("BillingStreet" … "BillingAddress").
std::vector<FieldSpec> address(std::string_view prefix, std::string_view label);

/// A kind of record: 18-character id, developer name, and of some picklists the values that it allows.
struct RecordTypeSpec {
    std::string_view id;
    std::string_view name;
    std::map<std::string, std::vector<std::string>> only{};
};

struct ObjectSpec {
    std::string name;
    std::string label;
    std::string label_plural;
    std::string key_prefix;
    bool is_setup = false;  ///< User, Organization: not deletable, no recycle bin
    std::vector<FieldSpec> fields;
    std::vector<RecordTypeSpec> record_types{};  ///< besides the master; the first is the default
};

/// The describe of each object with all the keys the vendor prints. [Salesforce: REST, sObject Describe]
std::vector<std::string> describe_json(const std::vector<ObjectSpec>& objects);

}  // namespace koppla::sandbox
