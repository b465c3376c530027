#pragma once

#include "model/schema.h"

#include <string>
#include <utility>

namespace koppla::odata::test {

/// A Dynamics table with a field of each kind.
inline model::ObjectSchema contact_schema() {
    using model::Kind;
    model::ObjectSchema schema{.name = "contact", .wire_name = "contacts", .label = "Contact"};
    const auto add = [&](std::string name, Kind kind, std::string wire_name = "") -> model::FieldSchema& {
        schema.fields.push_back(
            {.name = std::move(name), .wire_name = std::move(wire_name), .type = {.kind = kind}});
        return schema.fields.back();
    };
    add("contactid", Kind::identifier);
    add("fullname", Kind::text);
    add("parentcustomerid", Kind::reference, "_parentcustomerid_value");
    auto& target = add("parentcustomeridtype", Kind::text,
                       "_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname");
    target.is_filterable = target.is_sortable = false;
    add("modifiedon", Kind::instant);
    add("createdon", Kind::instant);
    add("birthdate", Kind::date);
    add("opensat", Kind::wall_clock);
    add("revenue", Kind::decimal);
    add("donotemail", Kind::boolean);
    auto& choice = add("preferredcontactmethodcode", Kind::enumeration);
    choice.values = {{.code = "1", .label = "Any"}, {.code = "2", .label = "Email"}};
    add("new_interests", Kind::enumerations).is_sortable = false;
    auto& flag = add("isdeleted", Kind::boolean);
    flag.remote_type = "removal";
    flag.is_filterable = flag.is_sortable = false;
    schema.key = "contactid";
    schema.stamp = "modifiedon";
    schema.removal_flag = "isdeleted";
    schema.has_feed = true;
    return schema;
}

}  // namespace koppla::odata::test
