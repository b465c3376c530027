#include "crm/salesforce/codec/records.h"

#include <algorithm>

#include <fmt/format.h>

namespace koppla::salesforce {

namespace {

/// "Account.Owner.Name": from parent to parent.
std::vector<RecordCutter::Path> paths_of(const std::vector<std::string>& fields) {
    std::vector<RecordCutter::Path> paths;
    for (std::string_view field : fields) {
        RecordCutter::Path& path = paths.emplace_back();
        while (!field.empty()) {
            path.emplace_back(field.substr(0, field.find('.')));
            field.remove_prefix(std::min(field.size(), path.back().size() + 1));
        }
    }
    return paths;
}

}  // namespace

RecordReader::RecordReader(const std::vector<std::string>& fields) : cutter_{paths_of(fields)} {}

Result<RecordPage> RecordReader::read(model::Batch& batch) {
    RecordPage page;
    bool has_records = false;
    std::optional<std::int64_t> total;
    const auto take = [&](std::string_view name, RecordCutter::Value& value) -> Result<void> {
        if (name == "records") {
            has_records = true;
            TRY(cutter_.cut(value, batch));
        } else if (name == "totalSize") {
            total = TRY(value.integer());
        } else if (name == "done") {
            page.is_last = TRY(value.boolean());
        } else if (name == "nextRecordsUrl") {
            page.next_path = TRY(value.text());
        }
        return {};
    };
    TRY(cutter_.read(batch, take));
    if (!has_records) return RecordCutter::page_fault("it holds no 'records'");
    if (!total || *total < 0) return RecordCutter::page_fault("it holds no 'totalSize'");
    if (page.is_last == !page.next_path.empty())
        return RecordCutter::page_fault("'done' and 'nextRecordsUrl' contradict each other");
    page.total = *total;
    return page;
}

}  // namespace koppla::salesforce
