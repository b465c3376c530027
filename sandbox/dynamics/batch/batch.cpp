#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/batch/multipart.h"
#include "sandbox/dynamics/batch/references.h"
#include "sandbox/dynamics/error_details.h"
#include "sandbox/dynamics/handlers.h"
#include "sandbox/entra/registration.h"

#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

/// Most requests in one batch. [Dataverse: Execute batch operations]
constexpr std::size_t requests_max = 1'000;

Error malformed(std::string message) {
    return error(ErrorKind::invalid, std::move(message), "0x80060888");
}

/// A part that is a request, or a change set of several.
struct Item {
    std::string content_id;
    std::optional<http::Request> request;
    std::vector<Item> changes;
};

Result<Item> read_item(const Part& part) {
    Item item{.content_id = std::string{part.headers.find("Content-ID").value_or("")},
              .request = read_request(part.content),
              .changes = {}};
    if (!item.request) return malformed("A part of the batch is no HTTP request.");
    if (item.content_id.empty()) item.content_id = item.request->headers.find("Content-ID").value_or("");
    return item;
}

Result<Item> read_change_set(const Part& part, const std::string& boundary) {
    const auto parts = read_multipart(part.content, boundary);
    if (!parts) return malformed("The change set has no part with its boundary.");
    Item set{.content_id = {}, .request = {}, .changes = {}};
    for (const auto& one : *parts) {
        if (!boundary_of(one.headers).empty()) return malformed("Change sets can't be nested.");
        set.changes.push_back(TRY(read_item(one)));
        if (set.changes.back().request->method == "GET")
            return malformed("A change set can't contain a GET request.");
    }
    return set;
}

Result<std::vector<Item>> read_items(const http::Request& request) {
    const auto boundary = boundary_of(request.headers);
    if (boundary.empty())
        return malformed("The batch request's Content-Type has to be multipart/mixed with a boundary.");
    const auto parts = read_multipart(request.body, boundary);
    if (!parts) return malformed("The batch request has no part with its boundary.");
    std::vector<Item> items;
    std::size_t requests = 0;
    for (const auto& part : *parts) {
        const auto inner = boundary_of(part.headers);
        items.push_back(inner.empty() ? TRY(read_item(part)) : TRY(read_change_set(part, inner)));
        requests += inner.empty() ? 1 : items.back().changes.size();
    }
    if (requests > requests_max)
        return malformed(
            fmt::format("The batch has {} requests; at most {} are allowed.", requests, requests_max));
    return items;
}

/// The path and query of an absolute address, of a path, or of what is relative to the service root.
std::string path_of(const std::string& target, const std::string& root) {
    const auto scheme = target.find("://");
    if (scheme != std::string::npos && scheme < target.find('?')) {
        const auto path = target.find('/', scheme + 3);
        return path == std::string::npos ? "/" : target.substr(path);
    }
    if (target.starts_with('/')) return target;
    return root.substr(root.find('/', root.find("://") + 3)) + target;
}

class Batch {
  public:
    Batch(Services& services, const Ask& ask)
        : services_{services}, ask_{ask}, boundary_{"batchresponse_" + entra::new_guid()} {}

    Answer run(const std::vector<Item>& items) {
        for (const auto& item : items) {
            const auto status = item.request ? one(item) : change_set(item.changes);
            if (status < 400 || ask_.preferences.continues_on_error) continue;
            status_ = status;
            break;
        }
        text_ += "--" + boundary_ + "--\r\n";
        Answer answer{.response = {.status = status_,
                                   .headers = {{"Content-Type", "multipart/mixed; boundary=" + boundary_},
                                               {"OData-Version", "4.0"}},
                                   .body = std::move(text_)}};
        answer.subrequests = std::move(subrequests_);
        return answer;
    }

  private:
    /// A part's request as one of its own: with the batch's host and callers, its references resolved.
    Result<http::Request> prepared(const Item& item) {
        auto request = *item.request;
        TRY(resolve(request, references_));
        request.target = path_of(request.target, ask_.root);
        for (const auto* name : {"Host", "CallerObjectId", "MSCRMCallerID"})
            if (const auto value = ask_.request.headers.find(name); value && !request.headers.find(name))
                request.headers.add(name, std::string{*value});
        return request;
    }

    /// Carries out one request by itself; its status.
    int one(const Item& item) {
        const auto answered = answer_of(item);
        note(item, answered);
        append(text_, boundary_, item.content_id, answered);
        return answered.response.status;
    }

    Answer answer_of(const Item& item) {
        const auto request = prepared(item);
        if (!request) return failure(request.error());
        const auto part = asked(services_, *request);
        if (!part) return failure(part.error());
        if (!part->segments.empty() && part->segments.front().name == "$batch")
            return failure(malformed("Batches can't be nested."));
        return dispatch(services_, *part);
    }

    /// All of them in one transaction, or none: then the first failure is the set's answer.
    int change_set(const std::vector<Item>& changes) {
        const auto before = references_;
        auto writing = services_.org.write();
        if (!writing) return refuse(failure(writing.error()));
        const auto boundary = "changesetresponse_" + entra::new_guid();
        std::string inner;
        for (const auto& item : changes) {
            const auto answered = write_one(**writing, item);
            note(item, answered);
            if (answered.response.status >= 400) {
                references_ = before;
                return refuse(answered);
            }
            append(inner, boundary, item.content_id, answered);
        }
        if (const auto kept = (*writing)->commit(); !kept) return refuse(failure(kept.error()));
        text_ += fmt::format("--{}\r\nContent-Type: multipart/mixed; boundary={}\r\n\r\n{}--{}--\r\n",
                             boundary_, boundary, inner, boundary);
        return 200;
    }

    Answer write_one(Writing& writing, const Item& item) {
        const auto request = prepared(item);
        if (!request) return failure(request.error());
        const auto part = asked(services_, *request);
        if (!part) return failure(part.error());
        if (part->segments.empty()) return failure(no_segment(""));
        const auto* table = part->catalog->find_set(part->segments.front().name);
        if (table == nullptr) return failure(no_segment(part->segments.front().name));
        return with_details(write(services_, writing, *part, *table), part->preferences);
    }

    int refuse(const Answer& answered) {
        append(text_, boundary_, "", answered);
        return answered.response.status;
    }

    /// Keeps the address of a row that was made, and a line for the journal.
    void note(const Item& item, const Answer& answered) {
        subrequests_.push_back(
            fmt::format("{} {} → {}", item.request->method, item.request->target, answered.response.status));
        const auto address = answered.response.headers.find("OData-EntityId");
        if (address && !item.content_id.empty()) references_.insert_or_assign(item.content_id, *address);
    }

    static void append(std::string& text, const std::string& boundary, const std::string& content_id,
                       const Answer& answered) {
        text += fmt::format("--{}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n",
                            boundary);
        if (!content_id.empty()) text += fmt::format("Content-ID: {}\r\n", content_id);
        text += "\r\n";
        text += print_response(answered.response, answered.tail ? answered.tail->bytes : std::string_view{});
        text += "\r\n";
    }

    Services& services_;
    const Ask& ask_;
    std::string boundary_;
    std::string text_{};
    int status_ = 200;
    References references_{};
    std::vector<std::string> subrequests_{};
};

}  // namespace

Answer batch(Services& services, const Ask& ask) {
    auto items = read_items(ask.request);
    if (!items) return failure(items.error());
    return Batch{services, ask}.run(*items);
}

}  // namespace koppla::sandbox::dynamics
