"""Drives a Genesys-Cloud-compatible organisation through the vendor's own Python SDK.

All 30 SCIM operations, 15 in each of the two path families, in the order of a life cycle. The
answers are what the SDK made of them, so a value that its models do not know fails the check.

    genesys_sdk.py API_URL CLIENT_ID CLIENT_SECRET GROUP_NAME ROLE_NAME

prints one JSON object: the operation's name, and "ok" or what went wrong.
"""

import json
import sys
import traceback

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

ENTERPRISE = "urnietfparamsscimschemasextensionenterprise2_0_user"
PURECLOUD = "urnietfparamsscimschemasextensiongenesyspurecloud2_0_user"
EXTERNAL_IDS = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:externalIds"


class Report(dict):
    """What became of each operation."""

    def check(self, operation, steps):
        """Runs `steps`; whatever they raise is the operation's failure."""
        try:
            answer = steps()
            unknown = "outdated_sdk_version"
            assert unknown not in str(answer), f"a value outside the SDK's enums: {answer}"
            self[operation] = "ok"
            return answer
        except ApiException as refusal:
            self[operation] = f"{refusal.status} {refusal.body}"
        except Exception:
            self[operation] = traceback.format_exc(limit=2)
        return None


class Family:
    """The operations below `/api/v2/scim` (no infix) or `/api/v2/scim/v2` (infix `v2_`)."""

    def __init__(self, scim, infix, report, group_name, role_name):
        self.scim, self.infix, self.report = scim, infix, report
        self.group_name, self.role_name = group_name, role_name

    def call(self, operation, *arguments, **options):
        """Calls `operation`, such as `get_users`, in this family."""
        method, noun = operation.split("_", 1)
        return getattr(self.scim, f"{method}_scim_{self.infix}{noun}")(*arguments, **options)

    def check(self, operation, steps):
        method, noun = operation.split("_", 1)
        return self.report.check(f"{method}_scim_{self.infix}{noun}", steps)

    def run(self):
        """All 15 operations."""
        self.discover()
        user = self.check("post_users", self.create_user)
        if user is None:
            return
        self.check("get_user", lambda: self.read_user(user))
        self.check("get_users", lambda: self.list_users(user))
        self.check("patch_user", lambda: self.patch_user(user))
        self.check("put_user", lambda: self.put_user(user))
        group = self.check("get_groups", self.list_groups)
        if group is not None:
            self.check("get_group", lambda: self.read_group(group))
            self.check("patch_group", lambda: self.patch_group(group, user))
            self.check("put_group", lambda: self.put_group(group, user))
        self.check("delete_user", lambda: self.delete_user(user))

    def discover(self):
        self.check("get_serviceproviderconfig", self.service_provider_config)
        self.check("get_resourcetypes", lambda: self.listed("get_resourcetypes", {"User", "Group"}))
        self.check("get_resourcetype", lambda: self.identified("get_resourcetype", "User"))
        self.check("get_schemas", lambda: self.listed("get_schemas", set()))
        schema = "urn:ietf:params:scim:schemas:core:2.0:User"
        self.check("get_schema", lambda: self.identified("get_schema", schema))

    def service_provider_config(self):
        config = self.call("get_serviceproviderconfig")
        assert config.patch.supported and config.filter.supported, config
        assert config.authentication_schemes, config
        return config

    def listed(self, operation, expected):
        answer = self.call(operation)
        assert expected <= {resource.id for resource in answer.resources}, answer
        assert answer.total_results == len(answer.resources), answer
        return answer

    def identified(self, operation, name):
        answer = self.call(operation, name)
        assert answer.id == name, answer
        return answer

    def create_user(self):
        manager = self.call("post_users", self.new_user("manager"))
        user = self.new_user("ada")
        user.title = "Analyst"
        user.external_id = f"external-{self.infix}ada"
        user.roles = [role(self.role_name)]
        user.phone_numbers = [phone("work", "+13175550100"), phone("mobile", "+13175550101")]
        user.emails = [email("work", f"{self.infix}ada@work.example.org")]
        enterprise = sdk.ScimV2EnterpriseUser()
        enterprise.department, enterprise.employee_number = "Research", "7"
        enterprise.division = "Home"
        enterprise.manager = sdk.Manager()
        enterprise.manager.value = manager.id
        setattr(user, ENTERPRISE, enterprise)
        created = self.call("post_users", user)
        assert created.id and created.meta.version, created
        assert created.user_name == user.user_name and created.active is True, created
        assert getattr(created, ENTERPRISE).manager.value == manager.id, created
        assert {phone.type for phone in created.phone_numbers} == {"work", "mobile"}, created
        assert {email.type for email in created.emails} == {"work", "other"}, created
        assert self.role_name in {role.value for role in created.roles}, created
        refused(409, lambda: self.call("post_users", self.new_user("ada")), "uniqueness")
        return created

    def new_user(self, name):
        user = sdk.ScimV2CreateUser()
        user.user_name = f"{self.infix}{name}@python.example.org"
        user.display_name, user.active = name.title(), True
        return user

    def read_user(self, user):
        answer = self.call("get_user", user.id)
        assert answer.to_dict() == user.to_dict(), f"{answer}\ncreated {user}"
        refused(304, lambda: self.call("get_user", user.id, if_none_match=quoted(user)))
        refused(404, lambda: self.call("get_user", "00000000-0000-4000-8000-000000000000"))
        less = self.call("get_user", user.id, attributes=["userName", "roles"])
        assert less.user_name and less.roles and less.title is None, less
        rest = self.call("get_user", user.id, excluded_attributes=["roles", "externalId"])
        assert rest.roles is None and rest.external_id is None and rest.title, rest
        return answer

    def list_users(self, user):
        for condition in (
            f'userName eq "{user.user_name}"',
            f"userName eq {user.user_name.upper()}",
            f"id eq {user.id}",
            f'externalId eq "{user.external_id}"',
            f"email eq {user.user_name}",
            f"manager eq {getattr(user, ENTERPRISE).manager.value}",
        ):
            answer = self.call("get_users", filter=condition, count=10, start_index=1)
            found = {resource.id for resource in answer.resources}
            assert found == {user.id}, f"{condition}: {answer}"
        everybody = self.call("get_users", count=1)
        assert everybody.total_results > 1 and len(everybody.resources) == 1, everybody
        assert not self.call("get_users", count=0).resources
        refused(400, lambda: self.call("get_users", filter="userName is x"), "invalidFilter")
        return everybody

    def patch_user(self, user):
        answer = self.call("patch_user", user.id, patch(
            operation("Replace", "title", "Director"),
            operation("Add", 'phoneNumbers[type eq "work2"].value', "+13175550102"),
            operation("add", EXTERNAL_IDS, [{"authority": "microsoftteams", "value": f"t-{user.id}"}]),
            operation("remove", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"),
        ), if_match=quoted(user))
        assert answer.title == "Director", answer
        assert getattr(answer, ENTERPRISE).manager is None, answer
        authorities = {entry.authority for entry in getattr(answer, PURECLOUD).external_ids}
        assert "microsoftteams" in authorities and len(authorities) == 2, answer
        disabled = self.call("patch_user", user.id, patch(operation("Replace", "active", "False")))
        assert disabled.active is False, disabled
        hidden = self.call("get_users", filter="active eq false")
        assert user.id in {resource.id for resource in hidden.resources}, hidden
        again = patch(operation("Replace", "active", True))
        refused(400, lambda: self.call("patch_user", user.id, again, if_match='"0"'), "invalidVers")
        return self.call("patch_user", user.id, again)

    def put_user(self, user):
        read = self.call("get_user", user.id)
        read.title, read.display_name = "Countess", "Ada Byron"
        answer = self.call("put_user", user.id, read, if_match=quoted(read))
        assert (answer.title, answer.display_name) == ("Countess", "Ada Byron"), answer
        assert answer.user_name == user.user_name, answer
        assert len(answer.phone_numbers) == 3, answer
        assert {role.value for role in answer.roles} == {role.value for role in read.roles}, answer
        refused(400, lambda: self.call("put_user", user.id, read, if_match=quoted(read)), "invalidVers")
        return answer

    def list_groups(self):
        condition = f'displayName eq "{self.group_name}"'
        answer = (
            self.call("get_groups", condition, count=25)
            if self.infix
            else self.call("get_groups", filter=condition, count=25)
        )
        assert [group.display_name for group in answer.resources] == [self.group_name], answer
        return answer.resources[0]

    def read_group(self, group):
        answer = self.call("get_group", group.id)
        assert answer.display_name == self.group_name, answer
        refused(304, lambda: self.call("get_group", group.id, if_none_match=quoted(answer)))
        less = self.call("get_group", group.id, excluded_attributes=["members"])
        assert less.members is None and less.display_name, less
        return answer

    def patch_group(self, group, user):
        added = self.call("patch_group", group.id, patch(
            operation("Add", "members", [{"value": user.id}])))
        assert [member.value for member in added.members] == [user.id], added
        seen = self.call("get_user", user.id)
        assert [entry.value for entry in seen.groups] == [group.id], seen
        removed = self.call("patch_group", group.id, patch(
            operation("remove", f'members[value eq "{user.id}"]')))
        assert not removed.members, removed
        return added

    def put_group(self, group, user):
        read = self.call("get_group", group.id)
        member = sdk.ScimV2MemberReference()
        member.type, member.value = "User", user.id
        read.members = [member]
        answer = self.call("put_group", group.id, read, if_match=quoted(read))
        assert [member.value for member in answer.members] == [user.id], answer
        answer.members = []
        emptied = self.call("put_group", group.id, answer)
        assert not emptied.members, emptied
        return answer

    def delete_user(self, user):
        refused(400, lambda: self.call("delete_user", user.id, if_match='"0"'), "invalidVers")
        self.call("delete_user", user.id)
        refused(404, lambda: self.call("get_user", user.id))
        return None


def refused(status, steps, scim_type=None):
    """Whether `steps` are refused with that status and type."""
    try:
        answer = steps()
    except ApiException as refusal:
        assert refusal.status == status, f"{status} expected: {refusal.status} {refusal.body}"
        if scim_type:
            assert json.loads(refusal.body)["scimType"] == scim_type, refusal.body
        return
    raise AssertionError(f"{status} expected: {answer}")


def quoted(resource):
    return f'"{resource.meta.version}"'


def role(name):
    role = sdk.ScimUserRole()
    role.value = name
    return role


def phone(kind, number):
    phone = sdk.ScimPhoneNumber()
    phone.type, phone.value = kind, number
    return phone


def email(kind, address):
    email = sdk.ScimEmail()
    email.type, email.value = kind, address
    return email


def operation(op, path, value=None):
    operation = sdk.ScimV2PatchOperation()
    operation.op, operation.path = op, path
    if value is not None:
        operation.value = value
    return operation


def patch(*operations):
    request = sdk.ScimV2PatchRequest()
    request.schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    request.operations = list(operations)
    return request


def main(api_url, client_id, client_secret, group_name, role_name):
    sdk.configuration.host = api_url
    client = sdk.api_client.ApiClient().get_client_credentials_token(client_id, client_secret)
    report = Report()
    for infix in ("", "v2_"):
        Family(sdk.SCIMApi(client), infix, report, group_name, role_name).run()
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
