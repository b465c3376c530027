#include "crm/salesforce/ingest_results.h"
#include "fuzz/targets.h"
#include "model/utf8.h"

#include <algorithm>
#include <set>

namespace koppla::fuzz {

namespace {

using salesforce::ResultFile;

model::ObjectSchema contact() {
    model::ObjectSchema schema{.name = "Contact", .key = "Id"};
    schema.is_writable = true;
    for (const char* name : {"Id", "Ext__c", "LastName"}) {
        schema.fields.push_back({.name = name});
        schema.fields.back().is_createable = schema.fields.back().is_updateable = true;
    }
    schema.fields[1].is_unique = true;
    return schema;
}

class Rules final : public WriteSink {
  public:
    Result<void> named(std::string_view /*reference*/) override { return {}; }
    void note(std::string_view /*text*/) override {}
    Result<void> settled(std::span<const WriteResult> results) override {
        for (const WriteResult& each : results) {
            require(each.row >= 1 && each.row <= 3, "only our rows are told of");
            require(rows.insert(each.row).second, "and each of them once");
            for (const std::string_view text : {each.id, each.symbol, each.message, each.fields}) {
                require(!model::utf8_fault(text), "what is told is UTF-8");
                require(text.size() < 1'000, "and bounded");
            }
        }
        return {};
    }
    std::set<std::int64_t> rows;
};

}  // namespace

void ingest(std::string_view input) {
    static const model::ObjectSchema schema = contact();
    const bool has_key = take_choice(input, 2) == 1;
    const auto file = static_cast<ResultFile>(take_choice(input, 3));
    const std::size_t chunk_bytes = 1 + take_choice(input, 64);
    const WriteRequest request{.object = &schema,
                               .operation = has_key ? WriteOperation::upsert : WriteOperation::insert,
                               .key = has_key ? "Ext__c" : "",
                               .columns = {{.field = &schema.fields[1]}, {.field = &schema.fields[2]}}};
    const auto form = salesforce::write_form(request);
    require(form.has_value(), "the request is right");

    salesforce::RowIndex index;
    model::Batch sent;
    sent.recycle(2);
    for (const char* cell : {"k1", "a", "k2", "b", "k2", "b"}) sent.push(model::Cell::of(cell));
    for (std::size_t row = 0; row < 3; ++row)
        index.add(salesforce::mark_of(*form, sent, row), static_cast<std::int64_t>(row) + 1);
    index.sort();
    Rules rules;
    for (int reading = 0; reading < 2; ++reading) {
        index.start_over();
        salesforce::IngestResults results{file, *form, index, rules};
        std::string_view rest = input;
        bool is_well = true;
        while (is_well && !rest.empty()) {
            is_well = results.put(rest.substr(0, chunk_bytes)).has_value();
            rest.remove_prefix(std::min(rest.size(), chunk_bytes));
        }
        if (is_well) (void)results.finish();
        require(results.joined() <= 3, "no more rows than were sent");
    }
    require(index.left().size() + rules.rows.size() == 3, "what isn't told of is left");
}

}  // namespace koppla::fuzz
