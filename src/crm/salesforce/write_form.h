#pragma once

#include "crm/writing.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::salesforce {

/// A column as rows and jobs carry it. A parent that is named by a field of its own stands in JSON within an
/// object, `"Account":{"Ext__c":"A1"}`, and in CSV as "Account.Ext__c"; where it can be of several objects,
/// with its object: `"Who":{"attributes":{"type":"Lead"},"Email":…}`, "Lead:Who.Email". [Salesforce: REST
/// API, Upsert; Bulk API 2.0, Relationship Fields in a Header Row]
struct WireColumn {
    enum class Form { text, number, boolean };
    Form form = Form::text;
    std::string field;                  ///< its own name
    std::string header;                 ///< of a CSV
    std::string json_open, json_close;  ///< around a value
    std::string json_null;              ///< the member that empties it
};

/// A request of which every part is known to be possible.
struct WriteForm {
    const WriteRequest& request;
    std::vector<WireColumn> columns;
    std::optional<std::size_t> key;  ///< a column; none for an insert
    bool is_key_id = false;          ///< the record's own, not a field's that its owner filled
};

/// Holds a request against the recorded schema. `invalid`, with the field and what to do, for what no row
/// could be right with. Pure.
Result<WriteForm> write_form(const WriteRequest& request);

/// By which interface, and how much at a time; `invalid` or `unsupported` where the one that was asked for
/// can't carry the request. Pure.
Result<WritePlan> write_plan(const WriteForm& form, std::int64_t rows);

/// How records name the parent that a reference points to: "Account" of "AccountId", "Parent__r" of
/// "Parent__c"; or empty. [Salesforce: SOQL, Relationship Names]
std::string relationship_of(std::string_view reference);

}  // namespace koppla::salesforce
