#include "crm/salesforce/ingest_results.h"

#include "crm/refusal.h"
#include "crm/salesforce/codec/id.h"
#include "crm/salesforce/errors.h"
#include "crm/salesforce/tuning.h"
#include "model/utf8.h"

#include <algorithm>
#include <array>
#include <utility>

namespace koppla::salesforce {

namespace {

using Outcome = WriteResult::Outcome;

/// What stands before the cells that are echoed.
std::vector<std::string> own_columns(ResultFile file) {
    switch (file) {
        case ResultFile::successful:
            return {"sf__Id", "sf__Created"};
        case ResultFile::failed:
            return {"sf__Id", "sf__Error"};
        case ResultFile::unprocessed:
            break;
    }
    return {};
}

std::vector<std::string> columns_of(ResultFile file, const WriteForm& form) {
    std::vector<std::string> columns = own_columns(file);
    for (std::string& name : mark_columns(form)) columns.push_back(std::move(name));
    return columns;
}

}  // namespace

std::string_view path_of(ResultFile file) {
    switch (file) {
        case ResultFile::successful:
            return "successfulResults/";
        case ResultFile::failed:
            return "failedResults/";
        case ResultFile::unprocessed:
            break;
    }
    return "unprocessedrecords/";
}

RowComplaint row_complaint(std::string_view text) {
    RowComplaint complaint;
    if (text.ends_with("--")) text.remove_suffix(2);
    const auto symbol_end = text.find(':');
    complaint.symbol = text.substr(0, symbol_end);
    if (symbol_end == std::string_view::npos) return {.symbol = {}, .message = text, .fields = {}};
    text.remove_prefix(symbol_end + 1);
    // The message may hold colons itself; what stands behind the last one are names and blanks.
    const auto fields_begin = text.rfind(':');
    std::string_view fields =
        fields_begin == std::string_view::npos ? std::string_view{} : text.substr(fields_begin + 1);
    constexpr std::string_view of_names =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_., ";
    if (fields_begin == std::string_view::npos ||
        fields.find_first_not_of(of_names) != std::string_view::npos) {
        complaint.message = text;
        return complaint;
    }
    complaint.message = text.substr(0, fields_begin);
    while (!fields.empty()) {
        const auto end = std::min(fields.find_first_of(" ,"), fields.size());
        if (end > 0 && !complaint.fields.empty()) complaint.fields += ',';
        complaint.fields += fields.substr(0, end);
        fields.remove_prefix(std::min(fields.size(), end + 1));
    }
    return complaint;
}

Outcome outcome_of(WriteOperation operation, std::string_view symbol, std::string_view message) {
    if (is_deletion(operation) && symbol == "ENTITY_IS_DELETED") return Outcome::done;
    return is_passing(symbol, message) ? Outcome::postponed : Outcome::refused;
}

IngestResults::IngestResults(ResultFile file, const WriteForm& form, RowIndex& index, WriteSink& sink)
    : file_{file},
      form_{form},
      index_{index},
      sink_{sink},
      splitter_{{.fields = columns_of(file, form),
                 // Where the key tells rows apart, what else is echoed doesn't matter.
                 .others = form.key ? CsvSplitter::OtherColumns::skipped : CsvSplitter::OtherColumns::refused,
                 .batch_bytes = tuning::batch_bytes,
                 .row_bytes_max = tuning::row_bytes_max},
                *this} {}

Result<void> IngestResults::put(std::string_view bytes) {
    if (std::exchange(is_start_, false) && is_web_page(bytes))
        return web_page_error("reading what became of rows");
    return splitter_.put(bytes);
}

Result<void> IngestResults::finish() {
    return put(TRY(splitter_.finish()));
}

Result<void> IngestResults::put(model::Batch batch) {
    const std::size_t own = own_columns(file_).size();
    results_.clear();
    texts_.clear();
    if (own > 0) {
        constexpr std::array<std::size_t, 1> id_column = {0};
        lengthen_ids(batch, id_column);
    }
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
        const auto met = index_.meet(mark_of_echo(form_, batch, row, own));
        if (!met) {
            ++strangers_;
            continue;
        }
        ++joined_;
        if (met->is_first_time) results_.push_back(result_of(batch, row, met->number));
    }
    if (!results_.empty()) {
        if (auto told = sink_.settled(results_); !told) {
            sink_failure_ = told.error();
            return told;
        }
    }
    spare_ = std::move(batch);
    return {};
}

WriteResult IngestResults::result_of(const model::Batch& batch, std::size_t row, std::int64_t number) {
    WriteResult result{.row = number};
    if (file_ == ResultFile::unprocessed) {
        result.outcome = Outcome::postponed;
        result.symbol = "UNPROCESSED";
        result.message = "the job ended before this row's turn";
        return result;
    }
    if (batch.cell(0, row).is_text() && is_id(batch.cell(0, row).text()))
        result.id = batch.cell(0, row).text();
    const model::Cell& second = batch.cell(1, row);
    const std::string_view text = second.is_text() ? second.text() : std::string_view{};
    if (file_ == ResultFile::successful) {
        result.is_created = text == "true";
    } else {
        take_refusal(result, text);
    }
    return result;
}

void IngestResults::take_refusal(WriteResult& result, std::string_view text) {
    // What Salesforce sends should be UTF-8, and a store would refuse what isn't.
    const auto keep = [&](std::string_view kept) {
        return std::string_view{texts_.emplace_back(shown(model::valid_utf8(kept)))};
    };
    const RowComplaint complaint = row_complaint(text);
    result.outcome = outcome_of(form_.request.operation, complaint.symbol, complaint.message);
    result.symbol = keep(complaint.symbol);
    result.message = keep(complaint.message);
    result.fields = keep(complaint.fields);
}

}  // namespace koppla::salesforce
