#include "crm/salesforce/row_fault.h"

#include "crm/codec/json_writing.h"
#include "crm/salesforce/codec/csv_rows.h"
#include "crm/salesforce/codec/id.h"
#include "model/utf8.h"

namespace koppla::salesforce {

namespace {

using model::Cell;

bool is_sendable_text(std::string_view text) {
    if (model::is_plain_ascii(text)) return true;
    return text.find('\0') == std::string_view::npos && !model::utf8_fault(text);
}

std::optional<RowFault> key_fault(const WriteForm& form, const WireColumn& column, const Cell& cell) {
    if (!cell.is_text() || cell.size == 0)
        return RowFault{"KEY_MISSING", "the row has no key, so no record is meant by it", column.field};
    if (form.is_key_id && !is_like_id(cell.text()))
        return RowFault{"MALFORMED_ID", "an id has 15 or 18 letters and digits", column.field};
    return std::nullopt;
}

std::optional<RowFault> json_fault(const WireColumn& column, std::string_view text) {
    if (column.form == WireColumn::Form::number && !is_json_number(text))
        return RowFault{"NOT_A_NUMBER", "the value is no number", column.field};
    if (column.form == WireColumn::Form::boolean && text != "true" && text != "false")
        return RowFault{"NOT_A_BOOLEAN", "the value is neither true nor false", column.field};
    return std::nullopt;
}

}  // namespace

std::optional<RowFault> row_fault(const WriteForm& form, WritePath path, const model::Batch& batch,
                                  std::size_t row) {
    for (std::size_t i = 0; i < form.columns.size(); ++i) {
        const WireColumn& column = form.columns[i];
        const Cell& cell = batch.cell(i, row);
        if (i == form.key) {
            if (auto fault = key_fault(form, column, cell)) return fault;
        }
        if (!cell.is_text()) continue;
        const std::string_view text = cell.text();
        if (!is_sendable_text(text)) {
            return RowFault{"NOT_TEXT", "the value holds a NUL or bytes that are no UTF-8; correct it",
                            column.field};
        }
        if (path == WritePath::bulk && text == csv_null) {
            return RowFault{"NULL_IN_A_JOB",
                            "the text #N/A empties a field when a bulk job carries it; send the row without "
                            "bulk, or change the text",
                            column.field};
        }
        if (path == WritePath::rows) {
            if (auto fault = json_fault(column, text)) return fault;
        }
    }
    return std::nullopt;
}

}  // namespace koppla::salesforce
