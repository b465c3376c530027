#include "crm/salesforce/codec/row_json.h"

#include "crm/codec/json_writing.h"

namespace koppla::salesforce {

void append_record(std::string& json, const WriteForm& form, const model::Batch& batch, std::size_t row) {
    json += R"({"attributes":{"type":")";
    json += form.request.object->name;
    json += "\"}";
    for (std::size_t i = 0; i < form.columns.size(); ++i) {
        const WireColumn& column = form.columns[i];
        const model::Cell& cell = batch.cell(i, row);
        if (cell.state == model::Cell::State::absent) continue;
        json += ',';
        if (!cell.is_text()) {
            json += column.json_null;
            continue;
        }
        json += column.json_open;
        if (column.form == WireColumn::Form::text) {
            append_json_text(json, cell.text());
        } else {
            json += cell.text();
        }
        json += column.json_close;
    }
    json += '}';
}

}  // namespace koppla::salesforce
