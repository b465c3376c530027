#pragma once

#include "crm/salesforce/codec/csv.h"
#include "crm/salesforce/row_index.h"
#include "crm/salesforce/write_form.h"
#include "crm/writing.h"
#include "http/client.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koppla::salesforce {

/// The three files that an ingest job ends with.
enum class ResultFile { successful, failed, unprocessed };
/// "successfulResults/": behind the job's path.
std::string_view path_of(ResultFile file);

/// One result file as it streams in: its rows, in whatever order they come, are joined to ours by what they
/// echo, and what became of them is told. [Salesforce: Bulk API 2.0, Get Job Successful Record Results]
class IngestResults final : public http::BodySink, private BatchOutlet {
  public:
    IngestResults(ResultFile file, const WriteForm& form, RowIndex& index, WriteSink& sink);

    Result<void> put(std::string_view bytes) override;
    /// The file has ended.
    Result<void> finish();
    /// Rows that are ours, and others.
    [[nodiscard]] std::int64_t joined() const { return joined_; }
    [[nodiscard]] std::int64_t strangers() const { return strangers_; }
    /// The error of the sink that was told, where it was that which ended the file.
    [[nodiscard]] const std::optional<Error>& sink_failure() const { return sink_failure_; }

  private:
    model::Batch fresh() override { return std::exchange(spare_, {}); }
    Result<void> put(model::Batch batch) override;
    WriteResult result_of(const model::Batch& batch, std::size_t row, std::int64_t number);
    void take_refusal(WriteResult& result, std::string_view text);

    const ResultFile file_;
    const WriteForm& form_;
    RowIndex& index_;
    WriteSink& sink_;
    model::Batch spare_;  ///< before the splitter, which asks for it when it is made
    CsvSplitter splitter_;
    std::vector<WriteResult> results_;
    std::deque<std::string> texts_;  ///< of `results_`
    std::optional<Error> sink_failure_;
    std::int64_t joined_ = 0;
    std::int64_t strangers_ = 0;
    bool is_start_ = true;
};

/// A cell of sf__Error, "CODE:message:field1 field2 --", taken apart.
struct RowComplaint {
    std::string_view symbol, message;
    std::string fields;  ///< with commas between
};
RowComplaint row_complaint(std::string_view text);

/// What a refusal of one row comes to: passing or not, and whether the deletion it stands against was done
/// before. One rule for both interfaces.
WriteResult::Outcome outcome_of(WriteOperation operation, std::string_view symbol, std::string_view message);

}  // namespace koppla::salesforce
