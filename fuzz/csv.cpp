#include "crm/salesforce/codec/csv.h"

#include "crm/salesforce/test/plain_csv.h"
#include "fuzz/targets.h"

#include <algorithm>

namespace koppla::fuzz {

namespace {

using salesforce::test::Row;
using salesforce::test::Rows;

class Collector final : public salesforce::BatchOutlet {
  public:
    model::Batch fresh() override { return {}; }
    Result<void> put(model::Batch batch) override {
        take(batch);
        return {};
    }
    void take(const model::Batch& batch) {
        for (std::size_t row = 0; row < batch.row_count(); ++row) {
            rows.emplace_back();
            for (std::size_t column = 0; column < batch.column_count(); ++column)
                rows.back().emplace_back(batch.cell(column, row).text());
        }
    }
    Rows rows;
};

const std::vector<std::string> fields = {"Id", "Name"};

Result<Rows> split(std::string_view page, std::size_t chunk_bytes, std::size_t batch_bytes) {
    Collector collector;
    salesforce::CsvSplitter splitter{
        {.fields = fields, .batch_bytes = batch_bytes, .row_bytes_max = std::size_t{1} << 24}, collector};
    while (!page.empty()) {
        const auto chunk = std::min(chunk_bytes, page.size());
        TRY(splitter.put(page.substr(0, chunk)));
        page.remove_prefix(chunk);
    }
    const model::Batch last = TRY(splitter.finish());
    collector.take(last);
    return std::move(collector.rows);
}

}  // namespace

void csv(std::string_view input) {
    const std::size_t chunk_bytes = 1 + take_choice(input, 64);
    const std::size_t batch_bytes = 1 + take_choice(input, 64);
    const auto rows = split(input, chunk_bytes, batch_bytes);
    const auto whole = split(input, input.size(), std::size_t{1} << 20);
    require(rows.has_value() == whole.has_value(), "how a page is cut doesn't matter");
    require(!rows || *rows == *whole, "the same rows however a page is cut");

    if (input.starts_with("\xef\xbb\xbf")) input.remove_prefix(3);
    auto expected = salesforce::test::plain_csv(input, fields.size());
    if (rows) require(expected.has_value(), "what the reference refuses is refused");
    if (!expected || expected->empty() || expected->front() != fields) return;
    expected->erase(expected->begin());
    require(rows.has_value(), "what the reference reads is read");
    require(*rows == *expected, "the rows are the reference's");
}

}  // namespace koppla::fuzz
