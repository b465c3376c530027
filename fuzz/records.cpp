#include "crm/salesforce/codec/records.h"

#include "crm/salesforce/codec/id.h"
#include "fuzz/targets.h"
#include "model/conversion.h"
#include "model/utf8.h"

#include <algorithm>

namespace koppla::fuzz {

namespace {

using model::Kind;

const std::vector<std::string> fields = {"Id",  "Name", "Account.Name", "Amount", "When",
                                         "Day", "Time", "Flag",         "Count"};
const std::vector<model::Type> types = {{.kind = Kind::identifier}, {.kind = Kind::text},
                                        {.kind = Kind::text},       {.kind = Kind::decimal, .precision = 18},
                                        {.kind = Kind::instant},    {.kind = Kind::date},
                                        {.kind = Kind::time},       {.kind = Kind::boolean},
                                        {.kind = Kind::integer}};

}  // namespace

void records(std::string_view input) {
    model::Batch batch;
    batch.recycle(0);
    batch.page.reserve(input.size() + 64);
    std::ranges::copy(input, batch.page.bytes.get());
    batch.page.size = input.size();
    salesforce::RecordReader reader{fields};
    const auto page = reader.read(batch);
    if (!page) return;
    require(page->is_last || !page->next_path.empty(), "a page that isn't the last names the next");
    const auto rows = batch.row_count();
    const std::vector<std::size_t> ids = {0};
    salesforce::lengthen_ids(batch, ids);
    model::ConversionCounts counts;
    const auto rejected = model::convert(batch, types, 0, counts);
    require(batch.row_count() + rejected.size() == rows, "every row is converted or rejected");
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
        for (std::size_t column = 0; column < batch.column_count(); ++column) {
            const model::Cell& cell = batch.cell(column, row);
            if (!cell.is_text()) continue;
            require(cell.size > 0, "empty text is null");
            require(!model::utf8_fault(cell.text()), "converted text is UTF-8");
            require(cell.text().find('\0') == std::string_view::npos, "converted text has no NUL");
        }
    }
    for (const model::RejectedRow& row : rejected)
        require(!model::utf8_fault(row.raw) && !model::utf8_fault(row.key), "what is told of a row is UTF-8");
}

}  // namespace koppla::fuzz
