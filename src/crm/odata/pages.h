#pragma once

#include "crm/connector.h"
#include "crm/odata/page.h"
#include "crm/odata/session.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace koppla::odata {

/// How a request is read page by page.
struct Paging {
    std::string first;      ///< the query of the first page, below the service's root
    http::Headers headers;  ///< of every page's request
    std::string page{};     ///< the link of the page to begin with, as the service gave it; empty: the first
    std::int64_t rows = 0;  ///< handed over before
    std::size_t bytes_max = 0;  ///< of a page
    /// What a feed's last link is worth as the mark of the next read; only a feed's end may have none.
    std::function<Result<std::string>(const std::string& delta_link)> mark_of{};
};

/// Reads a request page by page, following the service's own links, and ends after the last one or at the
/// request's row limit. While a page is handed over the next one is already fetched: one, so that memory
/// stays flat. [OData Protocol 4.0, 11.2.5.7]
Result<PartEnd> read_pages(Session& session, const ReadRequest& request, const Paging& paging,
                           BatchSink& sink, const Call& call);

/// The value of the header Prefer. [OData Protocol 4.0, 8.2.8]
struct Preferences {
    int page_rows = 0;
    std::string annotations{};  ///< that are wanted, or empty
    bool is_feed = false;
};
std::string prefer(const Preferences& preferences);

}  // namespace koppla::odata
