#include "sandbox/dynamics/table_text.h"

#include "sandbox/odata/rows/render.h"
#include "sandbox/web/json_text.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

void append_cell(std::string& out, const Attribute& attribute, const db::Cursor& cursor, int column) {
    out += '"';
    if (!cursor.is_null(column)) {
        switch (attribute.storage()) {
            case Storage::scaled:
                odata::append_scaled(out, cursor.integer(column), attribute.scale);
                break;
            case Storage::real:
                odata::append_real(out, cursor.real(column));
                break;
            case Storage::integer:
                if (attribute.type == AttributeType::boolean)
                    out += cursor.integer(column) != 0 ? "true" : "false";
                else
                    append_integer(out, cursor.integer(column));
                break;
            default:
                for (const char c : cursor.text(column)) {
                    if (c == '"') out += '"';
                    out += c;
                }
                break;
        }
    }
    out += '"';
}

Result<std::vector<const Attribute*>> chosen(const Table& table, std::string_view fields) {
    std::vector<const Attribute*> attributes;
    while (!fields.empty()) {
        const auto name = fields.substr(0, fields.find(','));
        fields.remove_prefix(std::min(name.size() + 1, fields.size()));
        const auto* attribute = table.find(name);
        if (attribute == nullptr || !attribute->is_stored())
            return error(ErrorKind::invalid, fmt::format("{} has no column '{}'", table.name(), name));
        attributes.push_back(attribute);
    }
    if (!attributes.empty()) return attributes;
    for (const Attribute& attribute : table.attributes())
        if (attribute.is_stored()) attributes.push_back(&attribute);
    return attributes;
}

}  // namespace

Result<std::string> table_csv(db::Transaction& transaction, const Table& table, std::string_view fields) {
    const auto attributes = TRY(chosen(table, fields));
    std::string columns;
    std::string text;
    for (const auto* attribute : attributes) {
        columns += (columns.empty() ? "" : ", ") + column_sql(*attribute);
        text += fmt::format("{}\"{}\"", text.empty() ? "" : ",", attribute->name);
    }
    text += '\n';
    const auto cursor = TRY(transaction.query(fmt::format(
        "SELECT {} FROM {} ORDER BY {}", columns, table_sql(table), dynamics::quoted(table.primary_id()))));
    while (TRY(cursor->next())) {
        for (std::size_t i = 0; i < attributes.size(); ++i) {
            if (i != 0) text += ',';
            append_cell(text, *attributes[i], *cursor, static_cast<int>(i));
        }
        text += '\n';
    }
    return text;
}

}  // namespace koppla::sandbox::dynamics
