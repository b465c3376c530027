#include "sandbox/org/content/own_parts.h"

namespace koppla::sandbox {

namespace {

ObjectSpec user() {
    return {
        .name = "User",
        .label = "User",
        .label_plural = "Users",
        .key_prefix = "005",
        .is_setup = true,
        .fields =
            Fields{id(), text("Username", "Username", 80).required().lookup()} + person_name() +
            Fields{text("CompanyName", "Company Name", 80), text("Division", "Division", 80),
                   text("Department", "Department", 80), text("Title", "Title", 80)} +
            address("", "") +
            Fields{
                typed("email", "Email", "Email", 128).required().lookup(),
                typed("phone", "Phone", "Phone", 40), typed("phone", "MobilePhone", "Mobile", 40),
                text("Alias", "Alias", 8).required(), flag("IsActive", "Active"),
                picklist("TimeZoneSidKey", "Time Zone",
                         {"Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo"})
                    .closed()
                    .required(),
                picklist("LocaleSidKey", "Locale", {"en_US", "en_GB", "de_DE", "fr_FR", "ja_JP"})
                    .closed()
                    .required(),
                picklist("EmailEncodingKey", "Email Encoding", {"UTF-8", "ISO-8859-1"}).closed().required(),
                picklist("LanguageLocaleKey", "Language", {"en_US", "de", "fr", "ja"}).closed().required(),
                picklist("UserType", "User Type", {"Standard", "PowerPartner", "Guest"}).closed().read_only(),
                text("EmployeeNumber", "Employee Number", 20),
                link("ManagerId", "Manager ID", {"User"}, "Manager").children("ManagedUsers"),
                typed("datetime", "LastLoginDate", "Last Login").read_only()} +
            stamps()};
}

ObjectSpec organization() {
    return {.name = "Organization",
            .label = "Organization",
            .label_plural = "Organizations",
            .key_prefix = "00D",
            .is_setup = true,
            .fields =
                Fields{id(), text("Name", "Name", 80).required().title(), text("Division", "Division", 80)} +
                address("", "") +
                Fields{typed("phone", "Phone", "Phone", 40), typed("phone", "Fax", "Fax", 40),
                       text("PrimaryContact", "Primary Contact", 80),
                       picklist("DefaultLocaleSidKey", "Locale", {"en_US", "de_DE"}).closed().required(),
                       picklist("TimeZoneSidKey", "Time Zone", {"Europe/Berlin", "America/New_York"})
                           .closed()
                           .required(),
                       picklist("LanguageLocaleKey", "Language", {"en_US", "de"}).closed().required(),
                       picklist("OrganizationType", "Edition", {"Developer Edition", "Enterprise Edition"})
                           .closed()
                           .read_only(),
                       text("NamespacePrefix", "Namespace Prefix", 15).read_only(),
                       text("InstanceName", "Instance Name", 5).read_only(),
                       flag("IsSandbox", "Is Sandbox").read_only(),
                       flag("IsReadOnly", "Is Read Only").read_only(),
                       typed("datetime", "TrialExpirationDate", "Trial Expiration Date").read_only(),
                       whole("FiscalYearStartMonth", "Fiscal Year Starts In")} +
                stamps()};
}

/// Which permission set grants what of `what` is said in `fields`. [Salesforce: ObjectPermissions,
/// FieldPermissions]
ObjectSpec permissions(std::string_view name, std::string_view label, std::string_view key_prefix,
                       Fields fields) {
    return {.name = std::string{name},
            .label = std::string{label},
            .label_plural = std::string{label},
            .key_prefix = std::string{key_prefix},
            .is_setup = true,
            .fields = Fields{id(), link("ParentId", "Parent ID", {"PermissionSet"}, "Parent").required(),
                             text("SobjectType", "Object", 40).required()} +
                      std::move(fields) +
                      Fields{typed("datetime", "SystemModstamp", "System Modstamp").defaulted().read_only()}};
}

}  // namespace

std::vector<ObjectSpec> basic_objects() {
    return {user(), organization(),
            permissions("ObjectPermissions", "Object Permissions", "110",
                        {flag("PermissionsRead", "Read Records"), flag("PermissionsEdit", "Edit Records")}),
            permissions("FieldPermissions", "Field Permissions", "01k",
                        {text("Field", "Field", 81).required(), flag("PermissionsRead", "Read Field"),
                         flag("PermissionsEdit", "Edit Field")})};
}

}  // namespace koppla::sandbox
