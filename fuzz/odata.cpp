#include "crm/odata/csdl.h"
#include "crm/odata/errors.h"
#include "crm/odata/metadata.h"
#include "crm/odata/multipart.h"
#include "crm/odata/page.h"
#include "crm/odata/query.h"
#include "fuzz/targets.h"
#include "model/utf8.h"

#include <algorithm>

namespace koppla::fuzz {

namespace {

model::ObjectSchema contact() {
    using model::Kind;
    model::ObjectSchema schema{.name = "contact", .wire_name = "contacts", .key = "contactid"};
    const auto add = [&](std::string name, Kind kind, std::string wire_name = "") -> model::FieldSchema& {
        schema.fields.push_back(
            {.name = std::move(name), .wire_name = std::move(wire_name), .type = {.kind = kind}});
        return schema.fields.back();
    };
    add("contactid", Kind::identifier);
    add("fullname", Kind::text);
    add("ownerid", Kind::reference, "_ownerid_value");
    add("ownerid_type", Kind::text, "_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname");
    add("interests", Kind::enumerations);
    add("isdeleted", Kind::boolean).remote_type = "removal";
    return schema;
}

}  // namespace

void odata_page(std::string_view input) {
    static const model::ObjectSchema schema = contact();
    ReadRequest request{.object = &schema};
    for (const model::FieldSchema& field : schema.fields) request.fields.push_back(field.name);
    const bool is_feed = take_choice(input, 2) == 1;
    model::Batch batch;
    batch.recycle(0);
    batch.page.reserve(input.size() + 64);
    std::ranges::copy(input, batch.page.bytes.get());
    batch.page.size = input.size();
    odata::PageReader reader{odata::page_columns(request),
                             is_feed ? std::optional{odata::PageReader::Feed{.key = 0}} : std::nullopt};
    const auto end = reader.read(batch);
    if (!end) return;
    require(end->next_link.empty() || end->delta_link.empty(), "a page that isn't the last ends no feed");
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
        const bool is_removed = batch.cell(5, row).text() == "true";
        require(!is_removed || batch.cell(0, row).is_text(), "what is deleted has a key");
        require(is_feed || !is_removed, "only a feed tells deletions");
        for (std::size_t column = 0; column < batch.column_count(); ++column) {
            const bool is_absent = batch.cell(column, row).state == model::Cell::State::absent;
            require(is_removed || !is_absent, "every cell of a live record is known");
        }
    }
}

void csdl(std::string_view input) {
    const auto csdl = odata::Csdl::of(input);
    if (!csdl) return;
    const auto index_fields = odata::names_in(odata::index_fields_usual);
    for (const odata::Csdl::EntitySet& set : csdl->sets) {
        const auto schema = odata::object_schema(*csdl, set.name, index_fields);
        if (!schema) continue;
        require(schema->find(schema->key) != nullptr, "the key is a field");
        for (const model::FieldSchema& field : schema->fields)
            require(odata::is_identifier(field.name), "fields can stand in a query");
    }
}

void odata_answers(std::string_view input) {
    const Error refusal = odata::error_of({.status = 400, .body = std::string{input}}, "reading contact");
    require(refusal.message.size() < 2'000, "messages are short");
    if (odata::check_condition(input)) {
        long depth = 0;
        char quote = '\0';
        for (std::size_t i = 0; i < input.size(); ++i) {
            const char c = input[i];
            if (quote == '"' && c == '\\') {
                ++i;
            } else if (quote != '\0') {
                if (c == quote) quote = '\0';
            } else if (c == '\'' || c == '"') {
                quote = c;
            } else {
                depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            }
            require(depth >= 0, "a condition stays within its parentheses");
        }
        require(depth == 0 && quote == '\0', "a condition closes what it opens");
    }
    if (const auto position = odata::Position::of(input))
        require(*odata::Position::of(position->text()) == *position, "positions come back");
}

void odata_batch(std::string_view input) {
    constexpr std::size_t parts_max = 3;
    const auto end = std::min(input.find('\n'), input.size());
    const auto boundary = odata::boundary_of(input.substr(0, end));
    if (!boundary) return;
    input.remove_prefix(std::min(input.size(), end + 1));
    const auto answer = odata::read_batch_answer(input, *boundary, parts_max);
    if (!answer) return;
    require(answer->parts.size() <= parts_max, "there are no more parts than operations");
    for (const odata::PartAnswer& part : answer->parts) {
        require(part.status >= 100 && part.status <= 599, "a part has a status");
        require(part.headers.size() + part.body.size() <= input.size(), "a part lies within the answer");
        (void)part.header("OData-EntityId");
    }
}

}  // namespace koppla::fuzz
