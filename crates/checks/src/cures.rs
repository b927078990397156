//! What to do on each platform, for families of classes that share a cure.

use crate::class::Cure;

/// A value is missing or wrong.
pub static VALUE: Cure = Cure {
    ecs: "Set the variable in the container definition's `environment`, or its secret in `secrets`, register the task \
          definition anew and update the service to that revision.",
    kubernetes: "Set it under the container's `env` or in the ConfigMap or Secret that `envFrom` names, then \
                 `kubectl rollout restart` the workload: running pods keep the old values.",
    docker: "Pass it with `-e NAME=value` or `--env-file`, or under `environment:` of the Compose file, and recreate \
             the container.",
};

/// A credential is wrong or has been rotated.
pub static CREDENTIALS: Cure = Cure {
    ecs: "Compare the value with the one in Secrets Manager or SSM that the task definition's `secrets` names; tasks \
          read secrets only when they start, so after a rotation force a new deployment.",
    kubernetes: "Compare with `kubectl get secret NAME -o jsonpath`; pods read environment variables only when they \
                 start, so after a rotation restart the workload. Values in a Secret's `data` are base64: mind a \
                 trailing newline.",
    docker: "Compare the `-e` or `--env-file` value with the server's; quotes in an env file are part of the value.",
};

/// The server lacks a right, an object or a setting for this client.
pub static SERVER_SIDE: Cure = Cure {
    ecs: "Create the object or grant the right on the server with the account that runs its migrations, or correct \
          the name in the task definition.",
    kubernetes: "Create the object or grant the right on the server (often an init Job or operator does it), or \
                 correct the name in the ConfigMap.",
    docker: "Create the object or grant the right on the server, for instance with an init script of its image, or \
             correct the name in the Compose file.",
};

/// The server is not healthy, not ready, or has no room.
pub static SERVER_HEALTH: Cure = Cure {
    ecs: "Look at the server's own console, events and log (RDS, ElastiCache, MQ, MSK …), and at the target group's \
          health if a load balancer stands before it. Let preflight wait with `wait: 60s` if it only starts late.",
    kubernetes: "`kubectl get pods,endpoints` for the server, `kubectl logs` and `describe` for its readiness. Let \
                 preflight wait with `wait: 60s` if it only starts late.",
    docker: "`docker ps` and `docker logs` for the server. Compose's `depends_on` with `condition: service_healthy`, \
             or `wait: 60s` in preflight.yaml, covers a late start.",
};

/// The address or the port is wrong.
pub static ADDRESS: Cure = Cure {
    ecs: "Compare with the endpoint and port that the service's console shows (writer or reader, TLS or plain port) \
          and correct the task definition.",
    kubernetes: "Compare with `kubectl get svc -A`: `service.namespace.svc.cluster.local` and the Service's `port`, \
                 not its `targetPort`.",
    docker: "Use the other container's name and its inside port on a shared network; `localhost` in a container is \
             the container itself.",
};

/// A name cannot be resolved.
pub static NAME: Cure = Cure {
    ecs: "Check the spelling; for a private name check that the VPC has DNS support and hostnames on, and that the \
          private hosted zone or Cloud Map namespace is associated with this VPC.",
    kubernetes: "Check spelling and namespace (`service.namespace.svc.cluster.local`), that the Service exists, and \
                 that CoreDNS is well: `kubectl -n kube-system get pods -l k8s-app=kube-dns`.",
    docker: "Put both containers on one user-defined network: names are not resolved on the default bridge. Use the \
             Compose service's name.",
};

/// Packets do not get there.
pub static ROUTE: Cure = Cure {
    ecs: "Allow the port in the server's security group from this task's security group; check route tables, network \
          ACLs, and that the subnet has a NAT gateway or VPC endpoint where the target is outside.",
    kubernetes: "Look for a NetworkPolicy that denies it, a mesh sidecar, and the security group or firewall between \
                 nodes and server.",
    docker: "Check that both are on the same network, that the server listens on 0.0.0.0 rather than 127.0.0.1, and \
             the host's firewall.",
};

/// A certificate or the trust in it is wrong.
pub static CERTIFICATE: Cure = Cure {
    ecs: "For RDS and friends put the region's CA bundle into the image and name it with SSLROOTCERTPATH; for your own \
          servers renew the certificate, or connect by the name that it carries.",
    kubernetes: "Mount the CA from a Secret or ConfigMap and name it with SSLROOTCERTPATH; look at the cert-manager \
                 Certificate's status for renewal.",
    docker: "Mount the CA file into the container and name it with SSLROOTCERTPATH, or install `ca-certificates` in \
             the image.",
};

/// An AWS permission is missing.
pub static AWS_POLICY: Cure = Cure {
    ecs: "Allow the named action on the named ARN in the policy of the *task role* (not the execution role), and in \
          the resource's own policy and KMS key policy where it has them.",
    kubernetes: "Allow it in the IAM role that the service account is bound to (IRSA annotation or Pod Identity), and \
                 check that the pod uses that service account.",
    docker: "Allow it for the user or role whose credentials the container got, and check with `aws sts \
             get-caller-identity` which one that is.",
};

/// AWS credentials are missing or not valid.
pub static AWS_CREDENTIALS: Cure = Cure {
    ecs: "Give the task definition a `taskRoleArn`; AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is then set by itself. \
          Remove static keys from the environment.",
    kubernetes: "Annotate the service account with `eks.amazonaws.com/role-arn`, or use Pod Identity, and set \
                 `serviceAccountName` on the pod.",
    docker: "Pass AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary keys, AWS_SESSION_TOKEN, or mount \
             ~/.aws read-only.",
};

/// Something in the container itself is not as it must be.
pub static CONTAINER: Cure = Cure {
    ecs: "Correct the image, the volume or mount point in the task definition, or the `user`, `cpu` and `memory` of \
          the container.",
    kubernetes: "Correct the image, the `volumeMounts`, `securityContext` (`runAsUser`, `fsGroup`) or `resources` of \
                 the container.",
    docker: "Correct the image, the `-v` mount (and its owner on the host), `--user` or `--memory`.",
};
