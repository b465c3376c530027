#include "http/curl/transfer.h"

#include "base/ascii.h"
#include "http/curl/destination.h"
#include "http/curl/failure.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <openssl/ssl.h>

namespace koppla::http {
namespace {

constexpr std::chrono::milliseconds look_up_interval{500};

bool is_success(int status) {
    return status >= 200 && status <= 299;
}

/// Whether sending it twice does nothing more than sending it once. Servers' own words on PUT and DELETE
/// (idempotent) are not relied on: the second answer would be another one.
bool is_harmless_twice(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

template <class T>
void set(CURL* easy, CURLoption option, T value) {
    curl_easy_setopt(easy, option, value);
}

/// A transfer's handle among those that libcurl drives, as long as this lives.
class Attached {
  public:
    Attached(CURLM* multi, CURL* easy) : multi_{multi}, easy_{easy} { curl_multi_add_handle(multi_, easy_); }
    ~Attached() { curl_multi_remove_handle(multi_, easy_); }
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;

  private:
    CURLM* multi_;
    CURL* easy_;
};

}  // namespace

void Transfer::prepare(CURL* easy) {
    const auto& transport = task_.transport;
    curl_easy_reset(easy);
    set(easy, CURLOPT_ERRORBUFFER, words_.data());
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_QUICK_EXIT, 1L);  // a name lookup that hangs doesn't hold up a stop
    set(easy, CURLOPT_URL, task_.request.target.c_str());
    set(easy, CURLOPT_PATH_AS_IS, 1L);
    set(easy, CURLOPT_PROTOCOLS_STR, "https");
    set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(transport.connect_time_max.count()));
    set(easy, CURLOPT_BUFFERSIZE, 512L * 1024);
    set(easy, CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
    set(easy, CURLOPT_USERAGENT, transport.user_agent.c_str());
    set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (transport.proxy) set(easy, CURLOPT_PROXY, transport.proxy->c_str());
    if (transport.proxy) set(easy, CURLOPT_NOPROXY, "");

    set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(easy, CURLOPT_HEADERDATA, this);
    set(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(easy, CURLOPT_WRITEDATA, this);
    set(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_ready);
    set(easy, CURLOPT_PREREQDATA, this);
    prepare_trust(easy);
    prepare_body(easy);
    prepare_headers(easy);
}

void Transfer::prepare_trust(CURL* easy) {
    set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    set(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    set(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    // Our own store takes the place of the one that libcurl would fill for every new connection.
    set(easy, CURLOPT_CAINFO, static_cast<const char*>(nullptr));
    set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    set(easy, CURLOPT_SSL_CTX_FUNCTION, &Transfer::on_context);
    set(easy, CURLOPT_SSL_CTX_DATA, this);
    set(easy, CURLOPT_CERTINFO, 1L);
}

void Transfer::prepare_body(CURL* easy) {
    const auto& request = task_.request;
    if (request.source != nullptr) {
        set(easy, CURLOPT_UPLOAD, 1L);
        set(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.source->size()));
        set(easy, CURLOPT_READFUNCTION, &Transfer::on_room);
        set(easy, CURLOPT_READDATA, this);
        set(easy, CURLOPT_SEEKFUNCTION, &Transfer::on_rewind);
        set(easy, CURLOPT_SEEKDATA, this);
    } else if (request.method == "HEAD") {
        set(easy, CURLOPT_NOBODY, 1L);
    } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
               request.method == "PATCH") {
        set(easy, CURLOPT_POST, 1L);
        set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(easy, CURLOPT_POSTFIELDS, request.body.c_str());
    } else {
        set(easy, CURLOPT_HTTPGET, 1L);
    }
    set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void Transfer::prepare_headers(CURL* easy) {
    const auto add = [&](const std::string& line) {
        auto* longer = curl_slist_append(header_lines_.get(), line.c_str());
        if (longer == nullptr) throw std::bad_alloc{};
        (void)header_lines_.release();
        header_lines_.reset(longer);
    };
    for (const auto& [name, value] : task_.request.headers) {
        const auto kept = trimmed(value);
        add(kept.empty() ? name + ";" : fmt::format("{}: {}", name, kept));
    }
    if (!task_.request.headers.find("Content-Type")) add("Content-Type:");
    if (!task_.request.headers.find("Accept")) add("Accept: */*");
    if (task_.transport.accepts_gzip) add("Accept-Encoding: gzip");
    add("Expect:");  // waiting for "100 Continue" costs a second where a server doesn't know it
    set(easy, CURLOPT_HTTPHEADER, header_lines_.get());
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    return static_cast<Transfer*>(self)->take_header({data, size * count}) ? size * count : 0;
}

bool Transfer::take_header(std::string_view line) {
    header_bytes_ += line.size();
    if (header_bytes_ > task_.transport.header_bytes_max) {
        refusal_ =
            error(ErrorKind::corrupt, fmt::format("{}: the answer's headers are longer than {} bytes",
                                                  describe(task_.request), task_.transport.header_bytes_max));
        return false;
    }
    if (line.starts_with("HTTP/")) {
        response_ = {};
        const auto status = line.substr(std::min(line.size(), line.find(' ') + 1));
        std::from_chars(status.data(), status.data() + status.size(), response_.status);
        return true;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return true;
    response_.headers.add(std::string{line.substr(0, colon)}, std::string{trimmed(line.substr(colon + 1))});
    return true;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
        return transfer.take_body({data, size * count}) ? size * count : 0;
    } catch (...) {
        transfer.thrown_ = std::current_exception();
        return 0;
    }
}

bool Transfer::take_body(std::string_view bytes) {
    body_bytes_ += static_cast<std::int64_t>(bytes.size());
    if (task_.call.is_over()) {
        refusal_ = task_.call.cancelled(describe(task_.request));
        return false;
    }
    if (body_bytes_ == static_cast<std::int64_t>(bytes.size())) choose_decoding();
    if (!gunzip_) return deliver(bytes);
    auto taken = gunzip_->put(bytes, [this](std::string_view plain) -> Result<void> {
        if (!deliver(plain) && !refusal_) return error(ErrorKind::cancelled, "enough of an error's body");
        return refusal_ ? Result<void>{*refusal_} : Result<void>{};
    });
    if (!taken && !refusal_ && !is_body_cut_) {
        refusal_ = taken.error().with_context(
            fmt::format("{}: after {} bytes of the answer", describe(task_.request), body_bytes_));
    }
    return taken.has_value();
}

void Transfer::choose_decoding() {
    const auto coding = response_.headers.find("Content-Encoding");
    if (coding && (equal_without_case(*coding, "gzip") || equal_without_case(*coding, "x-gzip")))
        gunzip_.emplace();
}

bool Transfer::deliver(std::string_view bytes) {
    if (is_success(response_.status)) {
        auto taken = task_.sink.put(bytes);
        if (!taken) refusal_ = std::move(taken).error();
        return !refusal_;
    }
    const auto room = task_.transport.error_body_bytes_max - response_.body.size();
    response_.body += bytes.substr(0, room);
    is_body_cut_ = bytes.size() > room;
    return !is_body_cut_;
}

std::size_t Transfer::on_room(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
        return transfer.fill({data, size * count}).value_or(std::size_t{CURL_READFUNC_ABORT});
    } catch (...) {
        transfer.thrown_ = std::current_exception();
        return CURL_READFUNC_ABORT;
    }
}

/// How much of the body was written to the room; nothing where there is a refusal.
std::optional<std::size_t> Transfer::fill(std::span<char> room) {
    BodySource& source = *task_.request.source;
    const std::size_t left = source.size() - body_bytes_sent_;
    if (left == 0 || room.empty()) return 0;
    if (task_.call.is_over()) {
        refusal_ = task_.call.cancelled(describe(task_.request));
        return std::nullopt;
    }
    auto filled = source.read(room.first(std::min(room.size(), left)));
    if (filled && *filled == 0) {
        filled =
            error(ErrorKind::corrupt, fmt::format("{}: the body ends after {} bytes of {}",
                                                  describe(task_.request), body_bytes_sent_, source.size()));
    }
    if (!filled) {
        refusal_ = std::move(filled).error();
        return std::nullopt;
    }
    body_bytes_sent_ += *filled;
    return *filled;
}

/// libcurl begins again where a proxy or a kept connection refused the first bytes.
int Transfer::on_rewind(void* self, curl_off_t offset, int origin) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
        if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
        transfer.body_bytes_sent_ = 0;
        if (auto rewound = transfer.task_.request.source->rewind(); !rewound) {
            transfer.refusal_ = std::move(rewound).error();
            return CURL_SEEKFUNC_FAIL;
        }
        return CURL_SEEKFUNC_OK;
    } catch (...) {
        transfer.thrown_ = std::current_exception();
        return CURL_SEEKFUNC_FAIL;
    }
}

int Transfer::on_ready(void* self, char* /*their_ip*/, char* /*our_ip*/, int /*their_port*/,
                       int /*our_port*/) noexcept {
    return static_cast<Transfer*>(self)->may_send() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/// libcurl sends again by itself when a kept connection turns out to be dead, whatever the method. What that
/// connection's server has done nobody knows, so it may not happen to a request that changes something.
bool Transfer::may_send() {
    return ++times_sent_ == 1 || is_harmless_twice(task_.request.method);
}

CURLcode Transfer::on_context(CURL* /*easy*/, void* context, void* self) noexcept {
    SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(context), static_cast<Transfer*>(self)->task_.authorities);
    return CURLE_OK;
}

bool Transfer::is_stalled(CURL* easy) {
    curl_off_t down = 0;
    curl_off_t up = 0;
    long headers = 0;
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
    curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &up);
    curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &headers);
    const std::int64_t bytes = down + up + headers + times_sent_;
    if (bytes != seen_bytes_) {
        seen_bytes_ = bytes;
        last_byte_ = Clock::now();
        return false;
    }
    return Clock::now() - last_byte_ >= task_.transport.stall_time_max;
}

/// How long may be waited for the socket before something else has to be looked at.
std::chrono::milliseconds Transfer::patience() const {
    const auto until = std::min(task_.call.deadline, last_byte_ + task_.transport.stall_time_max);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    return std::clamp(left, std::chrono::milliseconds{0}, look_up_interval);
}

CURLcode Transfer::drive(CURLM* multi, CURL* easy) {
    const Attached attached{multi, easy};
    const std::stop_callback wake{task_.call.stop, [multi] { curl_multi_wakeup(multi); }};
    int running = 1;
    while (true) {
        if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
        if (running == 0) break;
        if (task_.call.is_over()) {
            refusal_ = task_.call.cancelled(describe(task_.request));
            return CURLE_ABORTED_BY_CALLBACK;
        }
        if (is_stalled(easy)) {
            refusal_ =
                error(times_sent_ > 0 ? ErrorKind::in_doubt : ErrorKind::unavailable,
                      fmt::format("{}: given up, no byte came for {:g} s (after {} bytes of the answer)",
                                  describe(task_.request),
                                  std::chrono::duration<double>(task_.transport.stall_time_max).count(),
                                  body_bytes_));
            return CURLE_OPERATION_TIMEDOUT;
        }
        curl_multi_poll(multi, nullptr, 0, static_cast<int>(patience().count()), nullptr);
    }
    int left = 0;
    const auto* message = curl_multi_info_read(multi, &left);
    return message == nullptr ? CURLE_FAILED_INIT : message->data.result;
}

Result<Response> Transfer::outcome(CURL* easy, CURLcode code) {
    if (thrown_) std::rethrow_exception(thrown_);
    if (refusal_) return std::move(*refusal_);
    if (code == CURLE_OK && gunzip_ && !gunzip_->is_at_end()) {
        return error(ErrorKind::in_doubt,
                     fmt::format("{}: the answer ends in the middle of its gzip stream, after {} bytes",
                                 describe(task_.request), body_bytes_));
    }
    if (code == CURLE_OK || is_body_cut_) return std::move(response_);
    if (times_sent_ > 1 && code == CURLE_ABORTED_BY_CALLBACK) {
        return error(
            ErrorKind::in_doubt,
            describe(task_.request) +
                ": the kept connection broke before an answer came; the server may have acted on it");
    }
    return explain({.request = task_.request,
                    .url = task_.url,
                    .transport = task_.transport,
                    .easy = easy,
                    .code = code,
                    .words = words_.front() != '\0' ? words_.data() : curl_easy_strerror(code),
                    .was_sending = times_sent_ > 0,
                    .body_bytes = body_bytes_});
}

Result<Response> Transfer::run(CURLM* multi, CURL* easy) {
    if (task_.request.source != nullptr) TRY(task_.request.source->rewind());
    prepare(easy);
    const auto code = drive(multi, easy);
    auto result = outcome(easy, code);
    // The handle outlives what it points to.
    curl_easy_reset(easy);
    return result;
}

}  // namespace koppla::http
