#include "crm/odata/pages.h"

#include "crm/codec/page_body.h"
#include "crm/odata/query.h"
#include "crm/refusal.h"

#include <algorithm>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace koppla::odata {

namespace {

/// A page on its way, received by a thread of its own; given up when destroyed.
class Fetch {
  public:
    Fetch(Session& session, Ask ask, model::Batch empty, std::size_t bytes_max, const Call& call)
        : body_{std::move(empty), bytes_max},
          forward_{call.stop, Forward{&stop_}},
          thread_{[this, &session, ask = std::move(ask), deadline = call.deadline] {
              auto response = session.send(ask, body_, Call{.deadline = deadline, .stop = stop_.get_token()});
              if (!response) failure_ = response.error();
          }} {}
    ~Fetch() { stop_.request_stop(); }
    Fetch(const Fetch&) = delete;
    Fetch& operator=(const Fetch&) = delete;

    /// Waits for it.
    Result<model::Batch> take() {
        thread_.join();
        if (failure_) return std::move(*failure_);
        return std::move(body_.batch);
    }

  private:
    struct Forward {
        std::stop_source* stop;
        void operator()() const { stop->request_stop(); }
    };
    PageBody body_;
    std::optional<Error> failure_;
    std::stop_source stop_;
    std::stop_callback<Forward> forward_;
    std::jthread thread_;
};

/// One read, from page to page.
class Reading {
  public:
    Reading(Session& session, const ReadRequest& request, const Paging& paging, BatchSink& sink,
            const Call& call)
        : session_{session},
          request_{request},
          paging_{paging},
          sink_{sink},
          call_{call},
          attempted_{fmt::format("reading {}", request.object->name)},
          reader_{page_columns(request), feed_of(request)},
          rows_{paging.rows} {}

    Result<PartEnd> run() {
        std::string link = paging_.page;
        std::unique_ptr<Fetch> fetch = fetched(link.empty() ? paging_.first : link);
        while (true) {
            model::Batch batch = TRY(fetch->take());
            fetch.reset();
            const std::string foreseen = foreseen_link(batch);
            if (!foreseen.empty()) fetch = fetched(foreseen);
            PageEnd end = TRY(read(batch));
            if (cut_at_limit(batch)) end.next_link.clear();
            if (end.next_link.empty()) {
                fetch.reset();
            } else {
                end.next_link = whole_link(std::move(end.next_link));
                TRY(check_link(end.next_link));
                link = end.next_link;
                if (link != foreseen) fetch = fetched(link);
            }
            PartEnd part_end;
            Position next{.stage = Position::Stage::page, .link = link};
            if (end.next_link.empty()) {
                if (request_.by_feed) part_end.feed_mark = TRY(mark_of(end));
                next = {.stage = Position::Stage::done, .link = part_end.feed_mark};
            }
            TRY(hand_over(std::move(batch), next));
            if (end.next_link.empty()) return part_end;
            if (call_.is_over()) return call_.cancelled(attempted_);
        }
    }

  private:
    static std::optional<PageReader::Feed> feed_of(const ReadRequest& request) {
        if (!request.by_feed) return std::nullopt;
        const auto column_of = [&](const std::string& name) -> std::optional<std::size_t> {
            const auto found = std::ranges::find(request.fields, name);
            if (found == request.fields.end()) return std::nullopt;
            return static_cast<std::size_t>(found - request.fields.begin());
        };
        return PageReader::Feed{.key = column_of(request.object->key).value_or(0),
                                .stamp = column_of(request.object->stamp)};
    }

    std::unique_ptr<Fetch> fetched(const std::string& path) {
        return std::make_unique<Fetch>(session_,
                                       Ask{.path = path, .headers = paging_.headers, .attempted = attempted_},
                                       sink_.fresh(), paging_.bytes_max, call_);
    }

    Result<PageEnd> read(model::Batch& batch) {
        if (is_web_page({batch.page.bytes.get(), batch.page.size})) return web_page_error(attempted_);
        auto end = reader_.read(batch);
        if (!end) return end.error().with_context(attempted_ + " failed");
        return end;
    }

    /// The link to the next page, where it is plain to see at the end of this one: then that page comes while
    /// this one is read. What is read decides; a link that was foreseen wrongly is given up.
    [[nodiscard]] std::string foreseen_link(const model::Batch& batch) const {
        if (request_.row_limit) return {};
        constexpr std::string_view key = "\"@odata.nextLink\":\"";
        constexpr std::size_t tail_bytes = 16'384;
        std::string_view tail{batch.page.bytes.get(), batch.page.size};
        tail.remove_prefix(tail.size() - std::min(tail.size(), tail_bytes));
        const auto at = tail.rfind(key);
        if (at == std::string_view::npos) return {};
        tail.remove_prefix(at + key.size());
        // What is escaped in it is left to the parser; what is no URL, to its complaint.
        const auto end = tail.find_first_of("\"\\ \r\n");
        if (end == std::string_view::npos || tail[end] != '"') return {};
        std::string link = whole_link(std::string{tail.substr(0, end)});
        const auto address = session_.address(link);
        const bool is_new = address && !seen_.contains(std::hash<std::string>{}(*address));
        return is_new ? link : std::string{};
    }

    /// A link may leave out scheme and host.
    [[nodiscard]] std::string whole_link(std::string link) const {
        if (!link.starts_with('/')) return link;
        const std::string& root = session_.root();
        return root.substr(0, root.find('/', root.find("://") + 3)) + link;
    }

    /// Nothing is sent to where a link leads but to the service itself, and no link leads in a circle.
    Result<void> check_link(const std::string& link) {
        const auto refuse = [&](std::string_view why) {
            return error(ErrorKind::corrupt, fmt::format("{} failed: the link to the next page {} ({} rows "
                                                         "were read)",
                                                         attempted_, why, rows_));
        };
        if (link.find_first_of(" \r\n") != std::string::npos) return refuse("is no URL");
        auto address = session_.address(link);
        if (!address) return address.error().with_context(attempted_ + " failed");
        if (!seen_.insert(std::hash<std::string>{}(*address)).second) return refuse("leads in a circle");
        return {};
    }

    /// Whether the request wants no more than this.
    bool cut_at_limit(model::Batch& batch) const {
        if (!request_.row_limit) return false;
        const std::int64_t wanted = *request_.row_limit - rows_;
        if (static_cast<std::int64_t>(batch.row_count()) < wanted) return false;
        while (static_cast<std::int64_t>(batch.row_count()) > wanted) batch.remove_row(batch.row_count() - 1);
        return true;
    }

    Result<void> hand_over(model::Batch batch, const Position& next) {
        rows_ += static_cast<std::int64_t>(batch.row_count());
        if (batch.row_count() == 0) return {};
        return sink_.put(std::move(batch), Part{.position = next.text(), .rows = rows_});
    }

    [[nodiscard]] Result<std::string> mark_of(const PageEnd& end) const {
        if (!end.delta_link.empty()) return paging_.mark_of(end.delta_link);
        return error(ErrorKind::unsupported,
                     fmt::format("{} failed: the service ended its feed of changes without the mark from "
                                 "which the next read would go on",
                                 attempted_));
    }

    Session& session_;
    const ReadRequest& request_;
    const Paging& paging_;
    BatchSink& sink_;
    const Call& call_;
    const std::string attempted_;
    PageReader reader_;
    std::int64_t rows_;
    std::set<std::size_t> seen_;
};

}  // namespace

Result<PartEnd> read_pages(Session& session, const ReadRequest& request, const Paging& paging,
                           BatchSink& sink, const Call& call) {
    return Reading{session, request, paging, sink, call}.run();
}

std::string prefer(const Preferences& preferences) {
    std::string value = fmt::format("odata.maxpagesize={}", preferences.page_rows);
    if (preferences.is_feed) value = "odata.track-changes," + value;
    if (!preferences.annotations.empty())
        value += fmt::format(",odata.include-annotations=\"{}\"", preferences.annotations);
    return value;
}

}  // namespace koppla::odata
