#pragma once

#include "base/result.h"
#include "crm/dynamics/relations.h"
#include "crm/writing.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::dynamics {

/// How a value is written. [Dataverse: wire representation by type]
enum class WriteForm {
    text,        ///< a JSON string, as it is
    number,      ///< its own digits
    boolean,     ///< true, false
    choices,     ///< "1,9"
    instant,     ///< "2026-11-01T10:00:00Z"; Dynamics keeps seconds
    wall_clock,  ///< the same, with a Z that doesn't mean UTC
    guid,        ///< lower case
    reference    ///< by the address of the other record
};

/// A value that stands in an address: "(6f0a…)", "(new_key='a%20b')".
struct AddressKey {
    std::string name{};  ///< of an alternate key; empty: the record's own GUID
    WriteForm form = WriteForm::guid;
};

/// A column of a request as a member of its records.
struct WriteMember {
    std::size_t column = 0;
    WriteForm form = WriteForm::text;
    std::string
        opening;       ///< "\"telephone1\":"; of a reference up to its key: "\"x@odata.bind\":\"/accounts("
    std::string null;  ///< the whole member where it is emptied: "\"x\":null"
    AddressKey parent{};  ///< of a reference
};

/// What a request's rows become on the wire: checked, and all that is the same for each row put together.
/// [Dataverse: Create, update and delete table rows using the Web API]
struct WriteLayout {
    WriteOperation operation = WriteOperation::update;
    std::string set;      ///< "contacts"
    std::string id_name;  ///< "contactid"
    std::optional<std::size_t> key_column{};
    AddressKey key{};
    std::vector<WriteMember> members{};
    std::vector<std::string> fields{};  ///< the columns' names
    Duplicates duplicates = Duplicates::refuse;

    /// Whether answers have to tell a record's id, or whether it was made.
    [[nodiscard]] bool wants_id() const { return operation == WriteOperation::upsert; }
};

/// What of tables has to be known before a layout can be made; no tables: nothing.
struct RelationsWanted {
    std::vector<std::string> tables;
    ColumnTypes types = ColumnTypes::left_out;
};

/// Checks a request as far as its recorded schema goes. `invalid` names the field and the remedy,
/// `unsupported` what Dynamics has not.
Result<RelationsWanted> check_request(const WriteRequest& request);

/// Checks the rest, and puts the layout together. `request` was checked before.
Result<WriteLayout> write_layout(const WriteRequest& request, const Relations& relations);

}  // namespace koppla::dynamics
