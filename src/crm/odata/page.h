#pragma once

#include "base/result.h"
#include "crm/codec/record_cutter.h"
#include "crm/connector.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace koppla::odata {

/// A column of a batch as the records of a page hold it.
struct PageColumn {
    enum class Form {
        as_sent,
        guid,        ///< brought into lower case
        codes,       ///< "1,9" of a choice of several: ';' between them
        target,      ///< an annotation that names what a reference points to: null where that is null
        annotation,  ///< one that a record may lack
        removal      ///< "true" of what a feed tells to be deleted, "false" of the rest
    };
    std::string field;   ///< its internal name, for messages
    std::string member;  ///< "name", "_ownerid_value"; of an annotation "member@what"
    Form form = Form::as_sent;
    std::optional<std::size_t> reference{};  ///< of a target: the column of the reference itself
};

/// The columns of a request, in its order; the request's fields are in its schema.
std::vector<PageColumn> page_columns(const ReadRequest& request);

/// What a result page says besides its records.
struct PageEnd {
    std::string next_link;   ///< to the next page, as the service wrote it; empty on the last
    std::string delta_link;  ///< of a feed, on its last page
};

/// Reads a result page where it lies, in a batch's page, and cuts its records into cells. `corrupt` where it
/// is no such page, and `conflict` where a record lacks a member that was asked for: whatever that means, it
/// isn't null. [OData JSON Format 4.0, 12 and 14]
class PageReader {
  public:
    /// Of a feed, `key` is the column that takes the key of what was deleted.
    struct Feed {
        std::size_t key = 0;
        std::optional<std::size_t> stamp{};
    };
    PageReader(std::vector<PageColumn> columns, std::optional<Feed> feed);

    /// The batch's page is the body; its rows are replaced.
    Result<PageEnd> read(model::Batch& batch);

  private:
    Result<PageEnd> cut(model::Batch& batch, RecordCutter::Others* others);
    Result<void> finish(model::Batch& batch, const std::vector<bool>& removed) const;
    Result<void> finish_row(model::Batch& batch, std::size_t row) const;

    std::vector<PageColumn> columns_;
    std::optional<Feed> feed_;
    RecordCutter cutter_;
};

}  // namespace koppla::odata
