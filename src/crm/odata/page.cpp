#include "crm/odata/page.h"

#include "base/ascii.h"
#include "crm/codec/json_text.h"
#include "crm/odata/dialect.h"
#include "crm/refusal.h"
#include "http/message.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace koppla::odata {

namespace {

using model::Batch;
using model::Cell;
using model::Kind;
using Form = PageColumn::Form;

std::vector<RecordCutter::Path> paths_of(const std::vector<PageColumn>& columns) {
    std::vector<RecordCutter::Path> paths;
    for (const PageColumn& column : columns) {
        RecordCutter::Path& path = paths.emplace_back();
        if (column.form != Form::removal) path.push_back(column.member);
    }
    return paths;
}

Form form_of(const model::FieldSchema& field) {
    if (field.remote_type == removal_type) return Form::removal;
    const std::string& member = wire_name(field);
    if (member.ends_with("lookuplogicalname")) return Form::target;
    if (is_annotation(field)) return Form::annotation;
    const bool is_id = field.type.kind == Kind::identifier || field.type.kind == Kind::reference;
    // A plain service may have keys of text, whose case matters.
    if (is_id && field.remote_type != "Edm.String") return Form::guid;
    return field.type.kind == Kind::enumerations ? Form::codes : Form::as_sent;
}

/// The bytes are those of the batch's page, which is ours to change.
char* bytes_of(const Cell& cell) {
    return const_cast<char*>(cell.data);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

void lower_in_place(Cell& cell) {
    const std::string_view text = cell.text();
    if (std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'Z'; })) return;
    std::ranges::transform(text, bytes_of(cell), [](char c) { return lower(c); });
}

/// "1, 9" becomes "1;9", where it lies.
void join_codes(Cell& cell) {
    char* to = bytes_of(cell);
    for (const char c : cell.text()) {
        if (c == ' ') continue;
        *to++ = c == ',' ? ';' : c;
    }
    cell.size = static_cast<std::uint32_t>(to - cell.data);
}

/// What stands between the quotes of a token; nothing where it is no plain text.
std::optional<std::string_view> plain_text(std::string_view token) {
    token = without_trailing_blanks(token);
    if (token.size() < 2 || token.front() != '"' || token.back() != '"') return std::nullopt;
    return token.substr(1, token.size() - 2);
}

/// The key in an entity's address: "…/Products('a''b')" or the bare key itself.
std::string key_of(std::string_view id) {
    const auto open = id.rfind('(');
    if (open == std::string_view::npos || !id.ends_with(')')) return std::string{id};
    std::string_view key = id.substr(open + 1, id.size() - open - 2);
    const auto equals = key.find('=');
    const auto quote = key.find('\'');
    if (equals != std::string_view::npos && equals < quote) key.remove_prefix(equals + 1);
    if (key.size() < 2 || key.front() != '\'' || key.back() != '\'') return std::string{key};
    std::string text;
    const std::string decoded = http::percent_decode(key.substr(1, key.size() - 2));
    for (std::size_t i = 0; i < decoded.size(); ++i) {
        text += decoded[i];
        if (decoded.substr(i, 2) == "''") ++i;
    }
    return text;
}

/// What a feed says of records that are gone. Dataverse and OData 4.0 tell it by the context, 4.01 by
/// "@removed". [OData JSON Format 4.0, 14.2; 4.01, 15.3]
class Removals final : public RecordCutter::Others {
  public:
    struct Removal {
        std::size_t row = 0;
        bool is_certain = false;
        std::string_view id;
    };

    Result<void> meet(std::size_t row, std::string_view name, std::string_view token) override {
        const bool is_context = name == "@odata.context" || name == "@context";
        const bool is_id = name == "id" || name == "@odata.id" || name == "@id";
        if (!is_context && !is_id && name != "reason" && name != "@removed" && name != "@odata.removed")
            return {};
        if (found.empty() || found.back().row != row) found.push_back({.row = row});
        Removal& removal = found.back();
        if (is_id) {
            if (const auto text = plain_text(token)) removal.id = *text;
        } else if (is_context) {
            const auto text = plain_text(token);
            removal.is_certain = removal.is_certain || (text && text->ends_with("/$deletedEntity"));
        } else {
            removal.is_certain = true;
        }
        return {};
    }

    std::vector<Removal> found;
};

}  // namespace

std::vector<PageColumn> page_columns(const ReadRequest& request) {
    std::vector<PageColumn> columns;
    for (const std::string& name : request.fields) {
        const model::FieldSchema* const field = request.object->find(name);
        if (field == nullptr) continue;
        columns.push_back({.field = field->name, .member = wire_name(*field), .form = form_of(*field)});
    }
    for (PageColumn& column : columns) {
        if (column.form != Form::target) continue;
        const auto reference = std::ranges::find(columns, annotated(column.member), &PageColumn::member);
        if (reference != columns.end())
            column.reference = static_cast<std::size_t>(reference - columns.begin());
    }
    return columns;
}

PageReader::PageReader(std::vector<PageColumn> columns, std::optional<Feed> feed)
    : columns_{std::move(columns)}, feed_{feed}, cutter_{paths_of(columns_)} {}

Result<PageEnd> PageReader::read(Batch& batch) {
    Removals removals;
    PageEnd end = TRY(cut(batch, feed_ ? &removals : nullptr));
    std::vector<bool> removed(batch.row_count());
    for (const Removals::Removal& removal : removals.found) {
        if (!removal.is_certain) continue;
        removed[removal.row] = true;
        Cell& key = batch.cell(feed_->key, removal.row);
        if (key.is_text()) continue;
        if (removal.id.empty()) {
            return error(
                ErrorKind::corrupt,
                fmt::format("record {} of the page is told to be deleted, without its key", removal.row + 1));
        }
        batch.replace(feed_->key, removal.row, key_of(removal.id));
    }
    TRY(finish(batch, removed));
    return end;
}

Result<PageEnd> PageReader::cut(Batch& batch, RecordCutter::Others* others) {
    PageEnd end;
    bool has_records = false;
    const auto take_link = [](std::string& link, RecordCutter::Value& value) -> Result<void> {
        if (value.is_null()) return {};
        if (!link.empty()) return RecordCutter::page_fault("it holds a link twice");
        link = TRY(value.text());
        return {};
    };
    const auto take = [&](std::string_view name, RecordCutter::Value& value) -> Result<void> {
        if (name == "value") {
            if (std::exchange(has_records, true)) return RecordCutter::page_fault("it holds 'value' twice");
            return cutter_.cut(value, batch, others);
        }
        if (name == "@odata.nextLink" || name == "@nextLink") return take_link(end.next_link, value);
        if (name == "@odata.deltaLink" || name == "@deltaLink") return take_link(end.delta_link, value);
        if (name != "error" && name != "@odata.error") return {};
        // A service that fails while it writes can only say so at the end. [OData JSON Format 4.01, 21.2]
        return error(ErrorKind::unavailable,
                     fmt::format("the service failed while it sent the page: {}", shown(value.token())));
    };
    TRY(cutter_.read(batch, take));
    if (!has_records) return RecordCutter::page_fault("it holds no 'value'");
    if (!end.next_link.empty() && !end.delta_link.empty())
        return RecordCutter::page_fault("it is followed by a page, and is the last");
    return end;
}

Result<void> PageReader::finish(Batch& batch, const std::vector<bool>& removed) const {
    const auto flag = std::ranges::find(columns_, Form::removal, &PageColumn::form);
    const auto flag_column = static_cast<std::size_t>(flag - columns_.begin());
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
        if (flag != columns_.end()) batch.cell(flag_column, row) = Cell::of(removed[row] ? "true" : "false");
        if (!removed[row]) {
            TRY(finish_row(batch, row));
            continue;
        }
        if (feed_->stamp) batch.cell(*feed_->stamp, row) = Cell::null();
        if (columns_[feed_->key].form == Form::guid && batch.cell(feed_->key, row).is_text())
            lower_in_place(batch.cell(feed_->key, row));
    }
    return {};
}

Result<void> PageReader::finish_row(Batch& batch, std::size_t row) const {
    for (std::size_t column = 0; column < columns_.size(); ++column) {
        Cell& cell = batch.cell(column, row);
        const PageColumn& of = columns_[column];
        switch (of.form) {
            case Form::guid:
                if (cell.is_text()) lower_in_place(cell);
                break;
            case Form::codes:
                if (cell.is_text()) join_codes(cell);
                break;
            case Form::target:
                // Without its type a reference could be taken for one to another object.
                if (of.reference && batch.cell(*of.reference, row).is_text()) break;
                [[fallthrough]];
            case Form::annotation:
                if (cell.state == Cell::State::absent) cell = Cell::null();
                break;
            case Form::as_sent:
            case Form::removal:
                break;
        }
        if (cell.state == Cell::State::absent) {
            return error(ErrorKind::conflict,
                         fmt::format("record {} of a page came without the field {}: it was removed, renamed "
                                     "or hidden; look with koppla doctor, and run the wizard again",
                                     row + 1, of.field));
        }
    }
    return {};
}

}  // namespace koppla::odata
