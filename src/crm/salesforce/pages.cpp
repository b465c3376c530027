#include "crm/salesforce/pages.h"

#include "crm/codec/page_body.h"
#include "crm/salesforce/codec/id.h"
#include "crm/salesforce/codec/records.h"
#include "crm/salesforce/errors.h"
#include "crm/salesforce/tuning.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace koppla::salesforce {

namespace {

/// Whether a refusal is about the way of asking, so that the other way may be answered.
bool is_beyond_pages(const Error& refusal) {
    constexpr std::array<std::string_view, 4> symbols = {"HTTP 414", "HTTP 431", "QUERY_TIMEOUT",
                                                         "OPERATION_TOO_LARGE"};
    return std::ranges::find(symbols, refusal.symbol) != symbols.end();
}

/// Charged calls that reading the rest takes, when the first page is there.
std::int64_t calls_to_come(const RecordPage& first, std::size_t page_rows, bool is_large) {
    constexpr std::int64_t calls_of_a_job = 3;
    if (is_large) return calls_of_a_job + (first.total + tuning::result_rows - 1) / tuning::result_rows;
    if (first.is_last || page_rows == 0) return 0;
    return (first.total - 1) / static_cast<std::int64_t>(page_rows);
}

/// A record that lacks a field which was asked for tells nothing about its value: the field was removed, or
/// hidden from the user, between two pages.
Result<void> check_whole(const ReadRequest& request, const model::Batch& batch,
                         const std::string& attempted) {
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
        for (std::size_t column = 0; column < batch.column_count(); ++column) {
            if (batch.cell(column, row).state != model::Cell::State::absent) continue;
            return error(
                ErrorKind::conflict,
                fmt::format("{} failed: a page of records came without the field {}, which the pages "
                            "before had; it was removed or hidden meanwhile, so look with koppla "
                            "doctor, and run the wizard again",
                            attempted, request.fields[column]));
        }
    }
    return {};
}

PartEnd bulk_instead() {
    return PartEnd{
        .next = {
            Part{.position = Position{.stage = Position::Stage::job_wanted, .may_switch = true}.text()}}};
}

}  // namespace

std::vector<std::size_t> id_columns(const ReadRequest& request) {
    std::vector<std::size_t> columns;
    for (std::size_t column = 0; column < request.fields.size(); ++column) {
        const model::FieldSchema* const field = request.object->find(request.fields[column]);
        if (field == nullptr) continue;
        const model::Kind kind = field->type.kind;
        if (kind == model::Kind::identifier || kind == model::Kind::reference) columns.push_back(column);
    }
    return columns;
}

Result<PartEnd> read_pages(Session& session, const Allowance& allowance, const ReadRequest& request,
                           const Position& position, std::int64_t rows, BatchSink& sink, const Call& call) {
    const std::string attempted = fmt::format("reading {}", request.object->name);
    const std::vector<std::size_t> ids = id_columns(request);
    RecordReader reader{request.fields};
    bool may_switch = position.stage == Position::Stage::automatic;
    std::string path = position.next_path;
    if (position.stage != Position::Stage::page) {
        path = query_path(TRY(session.data_path(call)) + "/queryAll", TRY(soql(request, ReadPath::pages)));
    }
    while (true) {
        const Ask ask{.path = path,
                      .headers = {{"Sforce-Query-Options", fmt::format("batchSize={}", tuning::page_rows)},
                                  {"Accept", "application/json"}},
                      .attempted = attempted};
        PageBody body{sink.fresh(), tuning::answer_bytes_max};
        if (auto response = session.send(ask, body, call); !response) {
            if (may_switch && is_beyond_pages(response.error())) return bulk_instead();
            return response.error();
        }
        model::Batch batch = std::move(body.batch);
        if (is_web_page({batch.page.bytes.get(), batch.page.size})) return web_page_error(attempted);
        auto page = reader.read(batch);
        if (!page) return page.error().with_context(attempted);
        const bool is_large = std::exchange(may_switch, false) && page->total > tuning::pages_rows_max;
        if (rows == 0) TRY(allowance.forecast(calls_to_come(*page, batch.row_count(), is_large), attempted));
        if (is_large) return bulk_instead();

        TRY(check_whole(request, batch, attempted));
        sink.expect(page->total);
        rows += static_cast<std::int64_t>(batch.row_count());
        const auto refuse = [&](std::string_view why) {
            return error(ErrorKind::corrupt, fmt::format("{} failed: {} ({} of {} rows were read)", attempted,
                                                         why, rows, page->total));
        };
        if (rows > page->total) return refuse("more rows came than Salesforce counted");
        if (!page->is_last && batch.row_count() == 0) return refuse("an empty page says that others follow");
        if (!page->is_last && (!is_api_path(page->next_path) || page->next_path == path)) {
            return refuse("the link to the next page leads elsewhere");
        }
        const Position next = page->is_last
                                  ? Position{.stage = Position::Stage::done}
                                  : Position{.stage = Position::Stage::page, .next_path = page->next_path};
        if (batch.row_count() > 0) {
            lengthen_ids(batch, ids);
            TRY(sink.put(std::move(batch), Part{.position = next.text(), .rows = rows}));
        }
        if (page->is_last) return PartEnd{};
        path = page->next_path;
        if (call.is_over()) return call.cancelled(attempted);
    }
}

}  // namespace koppla::salesforce
