#pragma once

#include "base/result.h"
#include "crm/codec/record_cutter.h"
#include "model/batch.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::salesforce {

/// What a page of query results says besides its records.
struct RecordPage {
    std::int64_t total = 0;
    bool is_last = true;
    std::string next_path;  ///< of the next page; empty on the last
};

/// Reads a page of query results where it lies, in a batch's page, and cuts its records into cells: raw
/// tokens, strings unescaped in place. Fields are matched by name; what a record doesn't hold is absent. A
/// dotted field ("Account.Name") is looked for in the parent, and null where there is no parent. `corrupt`
/// where it is no such page. [Salesforce: REST API, Query]
class RecordReader {
  public:
    explicit RecordReader(const std::vector<std::string>& fields);

    /// The batch's page is the body; its rows are replaced.
    Result<RecordPage> read(model::Batch& batch);

  private:
    RecordCutter cutter_;
};

}  // namespace koppla::salesforce
