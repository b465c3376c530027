#pragma once

#include "base/guarded.h"
#include "sandbox/soql/selection.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace koppla::sandbox {

/// A place in a query's answer: which answer, and from which record on.
struct Page {
    std::shared_ptr<const Selection> selection;
    std::string cursor_id;
    std::int64_t from = 0;
    std::int64_t size = 0;
};

/// Answers whose later pages may still be asked for. A locator is the cursor's id, a dash and the number of
/// the first record; it may be asked for again and again. The newest 200 cursors are kept. Thread-safe.
/// [Salesforce: REST API, Query]
class Cursors {
  public:
    /// Keeps the answer; pages have `page_size` records.
    Page keep(std::shared_ptr<const Selection> selection, std::int64_t page_size);
    std::optional<Page> find(std::string_view locator);
    static std::string locator(const Page& page, std::int64_t from);
    void forget(std::string_view cursor_id);
    /// Forgets them all, as after two days.
    void expire();

    /// Records of a page at most, whatever the client asks for; 0: as it asks.
    [[nodiscard]] std::int64_t page_rows() const { return page_rows_; }
    void set_page_rows(std::int64_t rows) { page_rows_ = rows; }

  private:
    struct State {
        std::deque<Page> pages;
        std::uint64_t next = 1;
    };
    std::atomic<std::int64_t> page_rows_ = 0;
    Guarded<State> state_;
};

}  // namespace koppla::sandbox
