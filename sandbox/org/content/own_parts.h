#pragma once

#include "sandbox/org/content/field_spec.h"

#include <utility>
#include <vector>

namespace koppla::sandbox {

/// What our own objects have in common.
using Fields = std::vector<FieldSpec>;

inline Fields operator+(Fields fields, Fields more) {
    for (FieldSpec& field : more) fields.push_back(std::move(field));
    return fields;
}

inline FieldSpec id() {
    FieldSpec field = typed("id", "Id", "Record ID", 18).defaulted().read_only();
    field.id_lookup = true;
    return field;
}

inline FieldSpec user_link(std::string_view name, std::string_view label, std::string_view relationship) {
    return link(name, label, {"User"}, relationship).defaulted().read_only();
}

inline Fields stamps() {
    return {typed("datetime", "CreatedDate", "Created Date").defaulted().read_only(),
            user_link("CreatedById", "Created By ID", "CreatedBy"),
            typed("datetime", "LastModifiedDate", "Last Modified Date").defaulted().read_only(),
            user_link("LastModifiedById", "Last Modified By ID", "LastModifiedBy"),
            typed("datetime", "SystemModstamp", "System Modstamp").defaulted().read_only()};
}

inline FieldSpec owner() {
    return link("OwnerId", "Owner ID", {"User"}, "Owner").defaulted();
}

inline Fields record_start() {
    return {id(), flag("IsDeleted", "Deleted").read_only()};
}

/// Salutation, first and last name, and the name made of them.
inline Fields person_name() {
    return {
        text("LastName", "Last Name", 80).required().part_of("Name"),
        text("FirstName", "First Name", 40).part_of("Name"),
        picklist("Salutation", "Salutation", {"Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx."}).part_of("Name"),
        text("Name", "Full Name", 121).required().read_only().title()};
}

/// Objects that every org has: its users, itself, and who may see what.
std::vector<ObjectSpec> basic_objects();

/// Objects beside those of `own_objects.cpp`: products and the lines of deals and orders, campaigns, tasks,
/// attachments, record types.
std::vector<ObjectSpec> further_objects();

}  // namespace koppla::sandbox
